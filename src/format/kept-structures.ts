import type { EditContext, EditedStructure } from "./edit-context.ts";
import type { Filter } from "./filter-pipeline.ts";
import type { ObjectHeaderBlocks } from "./object-header.ts";

/** Structures, and object headers, that are kept when a transaction ends, or up to twice as many: the ones that were changed last. */
const MOST = 32;
/** Bytes that the structures take in memory; the one that was changed last is kept whatever it takes. */
const MOST_MEMORY = 64 * 2 ** 20;

/** A structure that is kept in memory from one transaction to the next. */
export interface KeptStructure extends EditedStructure {
  /** Bytes that it takes, about. */
  readonly memory: number;
  /** The transaction that changes it from now on. */
  attach(edit: EditContext): void;
}

/** Chunks that were encoded before they are written. */
export interface EncodedBefore {
  /** What `encodeChunk` makes of the bytes, where that was done before. */
  find(
    bytes: Uint8Array,
    filters: readonly Filter[],
  ): { readonly stored: Uint8Array; readonly filterMask: number } | undefined;
}

/** Values by address, and when each was used last. */
class Recent<T> {
  readonly #entries = new Map<number, { value: T; used: number }>();
  #uses = 0;

  get size(): number {
    return this.#entries.size;
  }

  get(address: number): T | undefined {
    return this.#entries.get(address)?.value;
  }

  /** It is used now. */
  set(address: number, value: T): void {
    const entry = this.#entries.get(address);
    const used = ++this.#uses;
    if (entry === undefined) {
      this.#entries.set(address, { value, used });
      return;
    }
    entry.value = value;
    entry.used = used;
  }

  delete(address: number): void {
    this.#entries.delete(address);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Of all. */
  sum(measure: (value: T) => number): number {
    let sum = 0;
    for (const { value } of this.#entries.values()) sum += measure(value);
    return sum;
  }

  /** Address and value, those that were used longest ago first. */
  oldest(): [number, T][] {
    return [...this.#entries].sort(([, a], [, b]) => a.used - b.used).map(([address, { value }]) => [address, value]);
  }
}

/**
 * Structures of one file that have been changed, by the address of their header, as they are in memory: so that the next
 * transaction need not read, verify and decode them again. All of them are as the file has them when a transaction ends.
 */
export class KeptStructures {
  readonly #structures = new Recent<KeptStructure>();
  readonly #headers = new Recent<ObjectHeaderBlocks>();
  /** For the transaction under way. */
  encoded: EncodedBefore | undefined;

  /** The object header at that address, as it was written last. */
  header(address: number): ObjectHeaderBlocks | undefined {
    return this.#headers.get(address);
  }

  setHeader(header: ObjectHeaderBlocks): void {
    this.#headers.set(header.address, header);
  }

  get(address: number): KeptStructure | undefined {
    return this.#structures.get(address);
  }

  set(address: number, structure: KeptStructure): void {
    this.#structures.set(address, structure);
  }

  /** The bytes at that address are no header any more. */
  delete(address: number): void {
    this.#structures.delete(address);
    this.#headers.delete(address);
  }

  /** A transaction ended. */
  trim(): void {
    for (const recent of [this.#structures, this.#headers]) {
      // Not one by one: the oldest must be looked for.
      if (recent.size <= 2 * MOST) continue;
      for (const [address] of recent.oldest().slice(0, -MOST)) recent.delete(address);
    }
    let memory = this.#structures.sum(memoryOf);
    if (memory <= MOST_MEMORY) return;
    for (const [address, structure] of this.#structures.oldest()) {
      if (memory <= MOST_MEMORY || this.#structures.size === 1) break;
      memory -= structure.memory;
      this.#structures.delete(address);
    }
  }

  /** A transaction was rolled back: memory is ahead of the file. */
  clear(): void {
    this.#structures.clear();
    this.#headers.clear();
  }
}

function memoryOf({ memory }: KeptStructure): number {
  return memory;
}

/** The transaction may change the structure, which is kept for the next one, too; when it changes, it tells the transaction. */
export function keepStructure(edit: EditContext, address: number, structure: KeptStructure): void {
  structure.attach(edit);
  edit.kept.set(address, structure);
}
