import { FormatError } from "../errors.ts";
import type { FormatContext } from "./context.ts";

const STRUCTURE = "local heap";

/** How many bytes of a name are looked at first. */
const FIRST_LOOK = 64;

/** Local heap (Specification III.D): the names of an old-style group's links, and the targets of its soft links. */
export class LocalHeap {
  readonly address: number;
  readonly dataSize: number;
  readonly dataAddress: number;
  readonly #context: FormatContext;

  constructor(context: FormatContext, address: number) {
    const { sizeOfOffsets, sizeOfLengths } = context;
    const r = context.reader(address, 8 + 2 * sizeOfLengths + sizeOfOffsets, STRUCTURE);
    r.signature("HEAP");
    r.version(0);
    r.skip(3);
    this.address = address;
    this.dataSize = r.length();
    r.lengthOrUnlimited(); // head of the free list; 1 where it is empty
    this.dataAddress = r.definedOffset("address of the data segment");
    this.#context = context;
    context.space.check(this.dataAddress, this.dataSize, "local heap data segment");
  }

  /** The string at `offset`, without its NUL: a view, not a copy. Reads little, however large the heap is. */
  string(offset: number): Uint8Array {
    for (let length = FIRST_LOOK; ; length *= 8) {
      const available = Math.min(length, this.dataSize - offset);
      if (available <= 0) this.#fail(offset, "lies outside the data segment");
      const bytes = this.#context.space.read(this.dataAddress + offset, available, STRUCTURE);
      const end = bytes.indexOf(0);
      if (end >= 0) return bytes.subarray(0, end);
      if (available < length) this.#fail(offset, "has no terminating NUL");
    }
  }

  #fail(offset: number, what: string): never {
    throw new FormatError(`the string at offset ${offset} of ${this.dataSize} ${what}`, {
      structure: STRUCTURE,
      address: this.address,
    });
  }
}
