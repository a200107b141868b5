import { LRUCache } from "lru-cache";

/** A text, or a block of one, in memory. */
export interface KeptText {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Requests that will be answered with it. */
  holders: number;
  /** There was no more room for it. */
  isDropped: boolean;
}

/** Buffers outside these limits are left to the garbage collector; others are used again. */
const MIN_SPARE = 2 ** 18;
const MAX_SPARE = 2 ** 20;
const MAX_SPARES = 8;

/**
 * Texts, the most recently used, bounded in bytes. The memory of those that were dropped is given out again: the thread
 * that has this never returns to its event loop, and its garbage would pile up.
 */
export class TextMemory {
  readonly capacity: number;
  readonly #kept: LRUCache<string, KeptText>;
  readonly #spares: ArrayBuffer[] = [];

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#kept = new LRUCache({
      maxSize: capacity,
      sizeCalculation: ({ bytes }) => bytes.buffer.byteLength + 1,
      dispose: (text) => {
        text.isDropped = true;
        this.#recycle(text);
      },
    });
  }

  get(name: string): KeptText | undefined {
    return this.#kept.get(name);
  }

  /** @param bytes are this object's from now on, with their whole buffer */
  keep(name: string, bytes: Uint8Array<ArrayBuffer>): KeptText {
    const text = { bytes, holders: 0, isDropped: false };
    this.#kept.set(name, text);
    return text;
  }

  hold(text: KeptText): void {
    text.holders++;
  }

  release(text: KeptText): void {
    text.holders--;
    this.#recycle(text);
  }

  /** Memory for a block that a worker will render; `undefined`: there is none to spare. */
  takeSpare(): ArrayBuffer | undefined {
    return this.#spares.pop();
  }

  #recycle({ bytes: { buffer }, holders, isDropped }: KeptText): void {
    const isUseful = buffer.byteLength >= MIN_SPARE && buffer.byteLength <= MAX_SPARE;
    if (isDropped && holders === 0 && isUseful && this.#spares.length < MAX_SPARES) this.#spares.push(buffer);
  }
}
