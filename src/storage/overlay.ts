import { FormatError } from "../errors.ts";
import type { Piece } from "./storage.ts";

/** Bytes that stand in for those that the file has from an address on. */
export interface OverlayEntry {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/**
 * Bytes that lie over a file's own, such as those of a metadata cache image: a read may begin and end anywhere, in them
 * or outside.
 */
export class Overlay {
  /** By address; they do not overlap. */
  readonly entries: readonly OverlayEntry[];

  /** @throws FormatError where two entries overlap */
  constructor(entries: Iterable<OverlayEntry>) {
    const sorted: OverlayEntry[] = [];
    for (const entry of entries) if (entry.bytes.length > 0) sorted.push(entry);
    sorted.sort((a, b) => a.address - b.address);
    let end = 0;
    for (const { address, bytes } of sorted) {
      if (address < end)
        throw new FormatError("overlaps the entry before it", { structure: "cached metadata", address });
      end = address + bytes.length;
    }
    this.entries = sorted;
  }

  /** Whether any byte of [address, address + length) is laid over. */
  touches(address: number, length: number): boolean {
    const entry = this.entries[this.#firstEndingAfter(address)];
    return entry !== undefined && entry.address < address + length;
  }

  read(address: number, length: number, below: (address: number, length: number) => Uint8Array): Uint8Array {
    const first = this.entries[this.#firstEndingAfter(address)];
    if (first !== undefined && first.address <= address && address + length <= first.address + first.bytes.length) {
      return first.bytes.subarray(address - first.address, address - first.address + length);
    }
    const out = new Uint8Array(length);
    let at = 0;
    for (const part of this.#parts(address, length)) {
      const bytes = part.bytes ?? below(part.address, part.length);
      out.set(bytes, at);
      at += bytes.length;
    }
    return out;
  }

  pieces(address: number, length: number, below: (address: number, length: number) => Piece[]): Piece[] {
    const out: Piece[] = [];
    for (const part of this.#parts(address, length)) {
      if (part.bytes === undefined) out.push(...below(part.address, part.length));
      else out.push({ bytes: part.bytes });
    }
    return out;
  }

  /** [address, address + length) in runs that lie in one entry, or in none. */
  *#parts(address: number, length: number): Generator<{ address: number; length: number; bytes?: Uint8Array }> {
    const end = address + length;
    let at = address;
    for (let i = this.#firstEndingAfter(address); at < end; i++) {
      const entry = this.entries[i];
      const start = entry === undefined ? end : Math.min(end, entry.address);
      if (start > at) {
        yield { address: at, length: start - at };
        at = start;
      }
      if (entry === undefined || at === end) return;
      const stop = Math.min(end, entry.address + entry.bytes.length);
      const bytes = entry.bytes.subarray(at - entry.address, stop - entry.address);
      yield { address: at, length: bytes.length, bytes };
      at = stop;
    }
  }

  #firstEndingAfter(address: number): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.entries[middle];
      if (entry !== undefined && entry.address + entry.bytes.length <= address) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
