import { H5Error } from "../errors.ts";
import type { FreeSection } from "./free-space-manager.ts";

/** The type of a section of free bytes in a direct block, and what it has besides. */
export const SINGLE = 0;
const NOTHING = new Uint8Array(0);

/** Runs of free bytes in the direct blocks of a fractal heap, in the order in which a section list has them: by size, then by offset. Neighbours are one. */
export class HeapFreeSections {
  readonly #ordered: FreeSection[] = [];
  readonly #byStart = new Map<number, FreeSection>();
  readonly #byEnd = new Map<number, FreeSection>();
  #bytes = 0;
  /** So many of the first ones are as they were; `undefined`: all. At first nothing is known of what the file has. */
  #unchanged: number | undefined = 0;

  /** Of all sections. */
  get bytes(): number {
    return this.#bytes;
  }

  get ordered(): readonly FreeSection[] {
    return this.#ordered;
  }

  /** How many of the first sections are as they were when this was asked for last; `undefined`: nothing has changed. */
  takeUnchanged(): number | undefined {
    const unchanged = this.#unchanged;
    this.#unchanged = undefined;
    return unchanged;
  }

  /** Takes `length` bytes out of the smallest section that has as many. @returns their heap offset */
  take(length: number): number | undefined {
    const found = this.#ordered[this.#place(length, 0)];
    if (found === undefined) return undefined;
    this.claim(found.offset, length);
    return found.offset;
  }

  /** @throws H5Error where a part of it is free already: the heap's books are wrong, and objects might be lost */
  add(offset: number, size: number): void {
    const before = this.#byEnd.get(offset);
    const after = this.#byStart.get(offset + size);
    if (this.#byStart.has(offset) || this.#byEnd.has(offset + size)) {
      throw new H5Error("format", `bytes at offset ${offset} of a fractal heap are freed that are free already`);
    }
    if (before !== undefined) this.#remove(before);
    if (after !== undefined) this.#remove(after);
    this.#insert(before?.offset ?? offset, (before?.size ?? 0) + size + (after?.size ?? 0));
  }

  /** Whether [start, end) is a section. */
  has(start: number, end: number): boolean {
    return this.#byStart.get(start)?.size === end - start;
  }

  /** Takes the first `length` bytes of the section that begins at `offset`. */
  claim(offset: number, length: number): void {
    const section = this.#byStart.get(offset);
    if (section === undefined || section.size < length) throw new TypeError(`no ${length} free bytes at ${offset}`);
    this.#remove(section);
    if (section.size > length) this.#insert(offset + length, section.size - length);
  }

  #insert(offset: number, size: number): void {
    const section = { offset, size, type: SINGLE, data: NOTHING };
    const index = this.#place(size, offset);
    this.#ordered.splice(index, 0, section);
    this.#bytes += size;
    this.#changedFrom(index);
    this.#byStart.set(offset, section);
    this.#byEnd.set(offset + size, section);
  }

  #remove({ offset, size }: FreeSection): void {
    const index = this.#place(size, offset);
    this.#ordered.splice(index, 1);
    this.#bytes -= size;
    this.#changedFrom(index);
    this.#byStart.delete(offset);
    this.#byEnd.delete(offset + size);
  }

  #changedFrom(index: number): void {
    this.#unchanged = Math.min(this.#unchanged ?? index, index);
  }

  /** Where a section is in the order, or would be. */
  #place(size: number, offset: number): number {
    let low = 0;
    let high = this.#ordered.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = this.#ordered[middle];
      if (at !== undefined && (at.size < size || (at.size === size && at.offset < offset))) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
