import { createHash } from "node:crypto";

/** "h5fs" and "ti01", so that other bytes are not taken for an index. */
const MAGIC = 0x68356673;
const VERSION = 0x74693031;
const HEAD_SIZE = 24;
const CHECKSUM_SIZE = 32;

/** Where a block of a text is: its elements, and its bytes. */
export interface BlockPlace {
  readonly first: number;
  readonly count: number;
  /** Offset in the text, and bytes. */
  readonly start: number;
  readonly length: number;
}

/**
 * Where each block of a text begins, as far as the text has been measured: 16 bytes for about 256 KiB of text. Its end, the
 * frontier, moves as blocks are measured, in their order; the last one makes the text's size known.
 */
export class TextIndex {
  readonly elementCount: number;
  #blockCount = 0;
  /** By block, and one more for the frontier: the first element, then the offset. */
  #starts = new Float64Array(2 * 8);

  constructor(elementCount: number) {
    this.elementCount = elementCount;
  }

  get blockCount(): number {
    return this.#blockCount;
  }

  /** The element with which what is not measured yet begins. */
  get frontier(): number {
    return this.#starts[2 * this.#blockCount] ?? 0;
  }

  /** Bytes of the text up to the frontier. */
  get length(): number {
    return this.#starts[2 * this.#blockCount + 1] ?? 0;
  }

  /** Whether `length` is the text's size. */
  get isComplete(): boolean {
    return this.#blockCount > 0 && this.frontier === this.elementCount;
  }

  /** The next block. @param count its elements @param length its bytes */
  append(count: number, length: number): void {
    const next = 2 * (this.#blockCount + 1);
    if (next + 2 > this.#starts.length) {
      const larger = new Float64Array(2 * this.#starts.length);
      larger.set(this.#starts);
      this.#starts = larger;
    }
    this.#starts[next] = this.frontier + count;
    this.#starts[next + 1] = this.length + length;
    this.#blockCount++;
  }

  block(number: number): BlockPlace {
    const at = 2 * number;
    const first = this.#starts[at] ?? 0;
    const start = this.#starts[at + 1] ?? 0;
    return {
      first,
      count: (this.#starts[at + 2] ?? 0) - first,
      start,
      length: (this.#starts[at + 3] ?? 0) - start,
    };
  }

  /** The number of the block that holds the byte at `offset`, which must lie before the frontier. */
  blockAt(offset: number): number {
    let low = 0;
    let high = this.#blockCount - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#starts[2 * middle + 1] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** As bytes that `decodeTextIndex` verifies. */
  encode(): Uint8Array {
    const starts = this.#starts.subarray(2, 2 * this.#blockCount + 2);
    const bytes = new Uint8Array(HEAD_SIZE + starts.byteLength + CHECKSUM_SIZE);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, MAGIC);
    view.setUint32(4, VERSION);
    view.setFloat64(8, this.elementCount, true);
    view.setFloat64(16, this.#blockCount, true);
    for (const [i, value] of starts.entries()) view.setFloat64(HEAD_SIZE + 8 * i, value, true);
    const end = bytes.length - CHECKSUM_SIZE;
    bytes.set(createHash("sha256").update(bytes.subarray(0, end)).digest(), end);
    return bytes;
  }
}

/** `undefined` where the bytes are damaged, or not the complete index of a text of so many elements. */
export function decodeTextIndex(bytes: Uint8Array, elementCount: number): TextIndex | undefined {
  const end = bytes.length - CHECKSUM_SIZE;
  if (end < HEAD_SIZE) return undefined;
  if (!createHash("sha256").update(bytes.subarray(0, end)).digest().equals(bytes.subarray(end))) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const blockCount = view.getFloat64(16, true);
  if (view.getUint32(0) !== MAGIC || view.getUint32(4) !== VERSION) return undefined;
  if (view.getFloat64(8, true) !== elementCount || HEAD_SIZE + 16 * blockCount !== end) return undefined;
  const index = new TextIndex(elementCount);
  for (let at = HEAD_SIZE; at < end; at += 16) {
    index.append(view.getFloat64(at, true) - index.frontier, view.getFloat64(at + 8, true) - index.length);
  }
  return index.isComplete ? index : undefined;
}
