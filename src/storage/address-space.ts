import { FormatError } from "../errors.ts";
import type { Piece, Snapshot } from "./storage.ts";

/**
 * The addresses of an HDF5 file: relative to the base address (Specification II.A, "Base Address"; a user block lies
 * before it), ending at the end of the file. Every byte that the engine reads is asked for here.
 */
export class AddressSpace {
  readonly snapshot: Snapshot;
  readonly base: number;

  constructor(snapshot: Snapshot, base: number) {
    this.snapshot = snapshot;
    this.base = base;
  }

  /** The first address past the end of the file. */
  get end(): number {
    return this.snapshot.size - this.base;
  }

  /** @throws FormatError where any of [address, address + length) lies outside the file */
  read(address: number, length: number, structure: string): Uint8Array {
    this.check(address, length, structure);
    return this.snapshot.read(this.base + address, length);
  }

  /** @throws FormatError as `read` does */
  pieces(address: number, length: number, structure: string): Piece[] {
    this.check(address, length, structure);
    return this.snapshot.pieces(this.base + address, length);
  }

  check(address: number, length: number, structure: string): void {
    if (!(address >= 0 && length >= 0 && address + length <= this.end)) {
      throw new FormatError(`needs ${length} bytes, but the file ends at 0x${this.end.toString(16)}`, {
        structure,
        address,
      });
    }
  }
}
