import type { EditContext } from "../format/edit-context.ts";
import { LARGE } from "../storage/journal/allocator.ts";
import type { ChunkIndexEditor } from "./chunk-index-editor.ts";

interface Waiting {
  readonly scaled: readonly number[];
  readonly at: number;
  readonly length: number;
  readonly filterMask: number;
}

const CAPACITY = 2 ** 20;

/**
 * Small chunks that wait for a place in the file. Many of them get it together, in one piece that is large enough to be
 * written into the file at once: the log, and memory, would else have to hold them all.
 */
export class ChunkBatch {
  readonly #edit: EditContext;
  readonly #index: ChunkIndexEditor;
  readonly #waiting = new Map<string, Waiting>();
  #bytes = new Uint8Array(0);
  #used = 0;

  constructor(edit: EditContext, index: ChunkIndexEditor) {
    this.#edit = edit;
    this.#index = index;
  }

  has(scaled: readonly number[]): boolean {
    return this.#waiting.size > 0 && this.#waiting.has(scaled.join());
  }

  /** @param stored is copied */
  add(scaled: readonly number[], stored: Uint8Array, filterMask: number): void {
    if (this.#used + stored.length > CAPACITY) this.flush();
    const needed = this.#used + stored.length;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.min(CAPACITY, Math.max(needed, 2 * this.#bytes.length)));
      larger.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = larger;
    }
    this.#bytes.set(stored, this.#used);
    this.#waiting.set(scaled.join(), { scaled, at: this.#used, length: stored.length, filterMask });
    this.#used = needed;
  }

  /** Writes the chunks, and tells the index where they are. */
  flush(): void {
    if (this.#waiting.size === 0) return;
    const together = this.#used >= LARGE ? this.#write(0, this.#used) : undefined;
    for (const { scaled, at, length, filterMask } of this.#waiting.values()) {
      const address = together === undefined ? this.#write(at, length) : together + at;
      this.#index.set(scaled, { address, storedSize: length, filterMask });
    }
    this.#waiting.clear();
    this.#used = 0;
  }

  #write(at: number, length: number): number {
    const address = this.#edit.allocate(length, "raw");
    this.#edit.write(address, this.#bytes.subarray(at, at + length));
    return address;
  }
}
