import type { FormatContext } from "./context.ts";
import type { Reader } from "./reader.ts";

/**
 * Which spans of the file (pages and blocks of arrays) had a right checksum, by address: they are read whole once, and
 * after that each element of them by itself.
 */
export class VerifiedSpans {
  readonly #context: FormatContext;
  readonly #lengths = new Map<number, number>();

  constructor(context: FormatContext) {
    this.#context = context;
  }

  /** Calls `verify` with a reader over [address, address + length) when that span is met for the first time. */
  check(address: number, length: number, structure: string, verify: (r: Reader) => void): void {
    if (this.#lengths.get(address) === length) return;
    verify(this.#context.reader(address, length, structure));
    this.#lengths.set(address, length);
  }
}
