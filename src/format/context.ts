import type { AddressSpace } from "../storage/address-space.ts";
import { Reader, type Sizes } from "./reader.ts";

/** What it takes to read any structure of one file: its addresses, and how wide addresses and lengths are. */
export class FormatContext implements Sizes {
  readonly space: AddressSpace;
  readonly sizeOfOffsets: number;
  readonly sizeOfLengths: number;

  constructor(space: AddressSpace, sizes: Sizes) {
    this.space = space;
    this.sizeOfOffsets = sizes.sizeOfOffsets;
    this.sizeOfLengths = sizes.sizeOfLengths;
  }

  /** A reader over [address, address + length). @throws FormatError where that lies outside the file */
  reader(address: number, length: number, structure: string): Reader {
    return new Reader(this.space.read(address, length, structure), address, structure, this);
  }
}
