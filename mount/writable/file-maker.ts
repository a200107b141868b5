import { OneChunkTrees } from "../../src/chunk/one-chunk-tree.ts";
import { openIndexEditor } from "../../src/chunk/open-index-editor.ts";
import type { NewAttribute } from "../../src/object/attribute-edit.ts";
import type { HeaderRoom } from "../../src/object/new-object.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { LARGE } from "../../src/storage/journal/allocator.ts";
import type { PosixMetadata } from "../../src/tree/posix-metadata.ts";
import { chunkFor, chunksOf, createFileDataset, type FileChunks, NO_CHUNKS, storeInChunks } from "./chunked-store.ts";
import type { BufferedChange } from "./file-buffer.ts";
import { FileHeader } from "./file-header.ts";
import { FilePatch, type PlainChunk } from "./file-patch.ts";
import { PLAIN_STORAGE } from "./new-file-storage.ts";

/** A file that is to be made where there is room for its header. */
export interface FileToMake {
  readonly room: HeaderRoom;
  /** Since 1970, UTC. */
  readonly seconds: number;
  /** Bytes that it will have. */
  readonly size: number;
  readonly metadata: PosixMetadata;
  /** What keeps its metadata. */
  attributes(): readonly NewAttribute[];
}

/** What is known of a file that has just been made. */
export interface MadeFile {
  readonly chunks: FileChunks;
  readonly patch: FilePatch | undefined;
}

/**
 * Makes files, one like the other: headers of files with chunks of the same size differ in few fields, so the first is made as any dataset
 * is, and the others get its bytes. A file of one chunk is written as it will be, and not empty first.
 */
export class FileMaker {
  /** By bytes of a chunk; `undefined`: such headers cannot be copied. */
  readonly #headers = new Map<number, FileHeader | undefined>();
  /** By bytes of a chunk, likewise. */
  readonly #trees = new Map<number, OneChunkTrees>();
  /** Memory for one chunk, whose bytes are copied where they are written. */
  #bytes = new Uint8Array(0);

  /** @param change its bytes; `undefined`: it is to be empty for now @throws H5Error: the transaction is to be rolled back */
  make(transaction: FileTransaction, file: FileToMake, change: BufferedChange | undefined): MadeFile {
    const { room, size, metadata, seconds } = file;
    const chunk = chunkFor(size);
    const chunks = change === undefined ? NO_CHUNKS : chunksOf(chunk, false);
    const known = this.#headers.get(chunk);
    if (known?.copiedLength !== room.length || (change !== undefined && (size > chunk || chunk >= LARGE))) {
      this.#makeFirst(transaction, file, chunk);
      if (change !== undefined) storeInChunks(transaction, room.address, change);
      return { chunks, patch: undefined };
    }
    const header = known.copy();
    const stored = change === undefined ? undefined : this.#storeChunk(transaction, header, chunk, change);
    const fields = { size: change?.size ?? 0, metadata };
    header.create(transaction.edit, room.address, fields, seconds, stored?.index);
    return { chunks, patch: new FilePatch(room.address, header, stored?.chunk) };
  }

  #makeFirst(transaction: FileTransaction, file: FileToMake, chunk: number): void {
    const { room, size, metadata, seconds } = file;
    const modified = metadata.mtime?.seconds ?? seconds;
    createFileDataset(transaction, seconds, PLAIN_STORAGE, file.attributes(), { room, size, modified });
    if (!this.#headers.has(chunk)) this.#headers.set(chunk, FileHeader.read(transaction.edit, room.address));
  }

  /** The only chunk of a file, and an index that has it. @returns `undefined`: nothing was written into it */
  #storeChunk({ edit }: FileTransaction, { layout }: FileHeader, length: number, change: BufferedChange) {
    if (layout.kind !== "chunked") throw new TypeError("a file is in chunks");
    const bytes = this.#chunkOf(length, change);
    if (bytes === undefined) return undefined;
    const address = edit.allocate(length, "raw");
    edit.write(address, bytes);
    const chunk: PlainChunk = { address, from: 0, to: length };
    const { chunkDims, elementSize, indexing, version } = layout;
    if (indexing.type === "b-tree-v1") {
      const trees = this.#trees.get(length) ?? new OneChunkTrees({ chunkDims, elementSize });
      this.#trees.set(length, trees);
      return { chunk, index: trees.create(edit, address) };
    }
    const dims = { dims: [change.size], maxDims: [undefined], chunkDims, elementSize };
    const indexed = { context: edit.context, ...dims, filtered: false, layoutVersion: version };
    const index = openIndexEditor(edit, indexed, indexing, undefined);
    index.set([0], { address, storedSize: length, filterMask: 0 });
    index.flush();
    return { chunk, index: index.address };
  }

  /** The bytes of a chunk, until the next one is asked for. @returns `undefined`: nothing was written into it */
  #chunkOf(length: number, change: BufferedChange): Uint8Array | undefined {
    if (this.#bytes.length < length) this.#bytes = new Uint8Array(length);
    const memory = this.#bytes;
    let end = 0;
    for (const { offset, bytes } of change.pieces) {
      memory.fill(0, end, offset);
      memory.set(bytes, offset);
      end = offset + bytes.length;
    }
    memory.fill(0, end, length);
    return end === 0 ? undefined : memory.subarray(0, length);
  }
}
