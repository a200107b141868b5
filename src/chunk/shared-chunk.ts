import { H5Error } from "../errors.ts";

/**
 * One decoded chunk in memory that all threads share: a state word, then the bytes. Whoever finds it empty claims it and
 * decodes; whoever finds it being decoded waits. Nobody waits while holding a claim, so no two can wait for each other.
 */
const EMPTY = 0;
const DECODING = 1;
const READY = 2;
const HEADER = 16;

export class SharedChunk {
  readonly buffer: SharedArrayBuffer;
  readonly #state: Int32Array;
  readonly #bytes: Uint8Array;

  /** @param buffer as `SharedChunk.allocate` made it, in this thread or another */
  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#state = new Int32Array(buffer, 0, 1);
    this.#bytes = new Uint8Array(buffer, HEADER);
  }

  /** @throws H5Error "limit" where there is not so much memory */
  static allocate(size: number): SharedChunk {
    let buffer: SharedArrayBuffer;
    try {
      buffer = new SharedArrayBuffer(HEADER + size);
    } catch (cause) {
      throw new H5Error("limit", `no memory for a chunk of ${size} bytes`, { cause });
    }
    return new SharedChunk(buffer);
  }

  /** Bytes when decoded. */
  get size(): number {
    return this.#bytes.length;
  }

  /** Forgets the bytes. No thread may be using them. */
  clear(): void {
    Atomics.store(this.#state, 0, EMPTY);
  }

  /** The decoded bytes, or `undefined` while they are not there. */
  get decoded(): Uint8Array | undefined {
    return Atomics.load(this.#state, 0) === READY ? this.#bytes : undefined;
  }

  /** The decoded bytes; `decode` is called where no thread has done it yet. Its exception leaves the chunk empty. */
  fillOnce(decode: (target: Uint8Array) => void): Uint8Array {
    for (;;) {
      const found = Atomics.compareExchange(this.#state, 0, EMPTY, DECODING);
      if (found === READY) return this.#bytes;
      if (found === EMPTY) {
        let outcome = EMPTY;
        try {
          decode(this.#bytes);
          outcome = READY;
        } finally {
          Atomics.store(this.#state, 0, outcome);
          Atomics.notify(this.#state, 0);
        }
        return this.#bytes;
      }
      Atomics.wait(this.#state, 0, DECODING);
    }
  }
}
