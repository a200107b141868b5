import type { EditContext, EditedStructure } from "./edit-context.ts";
import type { ObjectHeaderBlocks } from "./object-header.ts";

/** Structures, and object headers, that are kept when a transaction ends: the ones that were changed last. */
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

/**
 * Structures of one file that have been changed, by the address of their header, as they are in memory: so that the next
 * transaction need not read, verify and decode them again. All of them are as the file has them when a transaction ends.
 */
export class KeptStructures {
  readonly #byAddress = new Map<number, KeptStructure>();
  readonly #headers = new Map<number, ObjectHeaderBlocks>();

  /** The object header at that address, as it was written last. */
  header(address: number): ObjectHeaderBlocks | undefined {
    return this.#headers.get(address);
  }

  setHeader(header: ObjectHeaderBlocks): void {
    this.#headers.delete(header.address);
    this.#headers.set(header.address, header);
  }

  get(address: number): KeptStructure | undefined {
    return this.#byAddress.get(address);
  }

  set(address: number, structure: KeptStructure): void {
    // The last one of the map is the one that was used last.
    this.#byAddress.delete(address);
    this.#byAddress.set(address, structure);
  }

  /** The bytes at that address are no header any more. */
  delete(address: number): void {
    this.#byAddress.delete(address);
    this.#headers.delete(address);
  }

  /** A transaction ended. */
  trim(): void {
    for (const map of [this.#byAddress, this.#headers]) {
      for (const address of map.keys()) {
        if (map.size <= MOST) break;
        map.delete(address);
      }
    }
    let memory = 0;
    for (const structure of this.#byAddress.values()) memory += structure.memory;
    for (const [address, structure] of this.#byAddress) {
      if (memory <= MOST_MEMORY || this.#byAddress.size === 1) break;
      memory -= structure.memory;
      this.#byAddress.delete(address);
    }
  }

  /** A transaction was rolled back: memory is ahead of the file. */
  clear(): void {
    this.#byAddress.clear();
    this.#headers.clear();
  }
}

/** The transaction may change the structure, which is kept for the next one, too; when it changes, it tells the transaction. */
export function keepStructure(edit: EditContext, address: number, structure: KeptStructure): void {
  structure.attach(edit);
  edit.kept.set(address, structure);
}
