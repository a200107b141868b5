import type { SpaceKind } from "../storage/journal/allocator.ts";
import type { FormatContext } from "./context.ts";
import { GlobalHeapSpace } from "./global-heap-space.ts";
import { KeptStructures } from "./kept-structures.ts";
import type { Sizes } from "./reader.ts";
import type { GroupK } from "./symbol-table-lookup.ts";
import { Writer } from "./writer.ts";

/** What changes bytes of a file: a transaction of the journal. Offsets are in the file. */
export interface ByteStore {
  write(offset: number, bytes: Uint8Array): void;
  allocate(size: number, kind: SpaceKind): number;
  free(offset: number, size: number): void;
}

/** A structure that is kept in memory while it is changed: so many changes of it take one encoding. */
export interface EditedStructure {
  /** Writes what was changed since the last time. */
  write(): void;
}

/** What the superblock, and its extension, say about new structures. */
export type EditedSuperblock = GroupK & { readonly version: number; readonly indexedStorageInternalNodeK: number };

/** What it takes to change the structures of one file. Addresses are relative to the base address, as everywhere in the format. */
export class EditContext implements Sizes {
  /** Its reads see what was written. */
  readonly context: FormatContext;
  readonly #store: ByteStore;
  /** How large the nodes of old-style groups are. */
  readonly groupK: GroupK;
  /** How large the nodes of version 1 B-trees of chunks are: the file's "Indexed Storage Internal Node K". */
  readonly chunkK: number;
  readonly superblockVersion: number;
  /** New objects are of the file's own generation: with superblock 0 and 1, version 1 headers and symbol tables. */
  readonly generation: "old" | "new";
  /** Of the file, not of the transaction. */
  readonly globalHeapSpace: GlobalHeapSpace;
  /** Of the file, not of the transaction. */
  readonly kept: KeptStructures;
  /** Addresses of the objects whose header, attributes or elements are changed. */
  readonly changedObjects: Set<number>;
  readonly #edited = new Set<EditedStructure>();

  constructor(
    context: FormatContext,
    superblock: EditedSuperblock,
    store: ByteStore,
    globalHeapSpace = new GlobalHeapSpace(),
    kept = new KeptStructures(),
    changedObjects = new Set<number>(),
  ) {
    this.context = context;
    this.globalHeapSpace = globalHeapSpace;
    this.kept = kept;
    this.changedObjects = changedObjects;
    this.#store = store;
    this.groupK = superblock;
    this.chunkK = superblock.indexedStorageInternalNodeK;
    this.superblockVersion = superblock.version;
    this.generation = superblock.version < 2 ? "old" : "new";
  }

  get sizeOfOffsets(): number {
    return this.context.sizeOfOffsets;
  }

  get sizeOfLengths(): number {
    return this.context.sizeOfLengths;
  }

  /** @param capacity bytes that it is expected to write, where they are many */
  writer(capacity?: number): Writer {
    return new Writer(this, capacity);
  }

  write(address: number, bytes: Uint8Array): void {
    this.#store.write(this.context.space.base + address, bytes);
  }

  /** Space that nothing uses; its bytes are undefined until they are written. */
  allocate(size: number, kind: SpaceKind): number {
    return this.#store.allocate(size, kind) - this.context.space.base;
  }

  free(address: number, size: number): void {
    this.kept.delete(address);
    this.#store.free(this.context.space.base + address, size);
  }

  /** It has changed: the next `writeEdited` writes it, too. */
  keep(structure: EditedStructure): void {
    this.#edited.add(structure);
  }

  /** It is gone: nothing more of it is written. */
  forget(structure: EditedStructure): void {
    this.#edited.delete(structure);
  }

  /** Writes what is kept in memory: before the file is read by others, and before a transaction is published. */
  writeEdited(): void {
    for (const structure of this.#edited) {
      this.#edited.delete(structure);
      structure.write();
    }
  }
}
