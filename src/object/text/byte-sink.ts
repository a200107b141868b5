import { H5Error } from "../../errors.ts";

/** Elements may share what they refer to: a small file can stand for endless text, which no memory holds. */
const MAX_TEXT = 2 ** 28;

/**
 * Bytes being written, in one growing buffer. With a `flush` callback the buffer does not grow past what one piece of
 * text needs: it is handed over when it is full, and used again.
 *
 * A writer asks for room, writes at `length`, and moves `length`:
 * `const out = sink.room(32); sink.length = putInteger(out, sink.length, value);`
 */
export class ByteSink {
  bytes: Uint8Array<ArrayBuffer>;
  /** The same buffer. */
  view: DataView;
  length = 0;
  /** Bytes already handed to `flush`. */
  flushed = 0;
  readonly #flush: ((bytes: Uint8Array<ArrayBuffer>) => void) | undefined;
  readonly #limit: number;

  /**
   * @param flush gets bytes that are its own only until it returns
   * @param limit the most bytes that the buffer may grow to: one more is an H5Error "limit"
   */
  constructor(capacity = 1 << 16, flush?: (bytes: Uint8Array<ArrayBuffer>) => void, limit = MAX_TEXT) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
    this.#flush = flush;
    this.#limit = limit;
  }

  /** The buffer, with at least `n` bytes free from `length` on. */
  room(n: number): DataView {
    if (this.length + n > this.bytes.length) this.#makeRoom(n);
    return this.view;
  }

  /** How many pieces of `size` bytes there is room for, from 1 to `count`. */
  roomFor(count: number, size: number): number {
    if (this.length + count * size <= this.bytes.length) return count;
    if (this.length + size > this.bytes.length) this.#makeRoom(size);
    return Math.min(count, Math.floor((this.bytes.length - this.length) / size));
  }

  #makeRoom(n: number): void {
    this.flush();
    const need = this.length + n;
    if (need <= this.bytes.length) return;
    if (need > this.#limit) throw new H5Error("limit", `the text is longer than ${this.#limit} bytes`);
    const larger = new Uint8Array(Math.max(need, Math.min(this.bytes.length * 2, this.#limit)));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }

  /** Hands over what is there, if anybody takes it. */
  flush(): void {
    if (this.#flush === undefined || this.length === 0) return;
    this.#flush(this.bytes.subarray(0, this.length));
    this.flushed += this.length;
    this.length = 0;
  }

  byte(value: number): void {
    this.room(1);
    this.bytes[this.length++] = value;
  }

  /** [start, end) of `source`. */
  write(source: Uint8Array, start = 0, end = source.length): void {
    const n = end - start;
    this.room(n);
    const out = this.bytes;
    if (n < 24) {
      let at = this.length;
      for (let i = start; i < end; i++) out[at++] = source[i] ?? 0;
    } else {
      out.set(source.subarray(start, end), this.length);
    }
    this.length += n;
  }

  /** A copy of the bytes that are there. */
  take(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }
  /** The bytes that are there, given away with their buffer. @param next to go on in */
  give(next: ArrayBuffer): Uint8Array<ArrayBuffer> {
    const given = this.bytes.subarray(0, this.length);
    this.bytes = new Uint8Array(next);
    this.view = new DataView(next);
    this.length = 0;
    return given;
  }
}
