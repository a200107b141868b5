import { LRUCache } from "lru-cache";
import type { FileNode } from "../../src/tree/node.ts";
import type { PosixMetadata } from "../../src/tree/posix-metadata.ts";
import type { FileChunks } from "./chunked-store.ts";
import type { StoredBytes } from "./file-buffer.ts";
import type { FilePatch } from "./file-patch.ts";
import type { LiveFile } from "./live-file.ts";

/** So many files are remembered; each takes some kilobytes. */
const MAX_FILES = 64;

/** What was stored of a file, as long as its object is in the same state. */
export interface StoredFile {
  readonly state: number;
  readonly size: number;
  readonly metadata: PosixMetadata;
  readonly chunks: FileChunks;
  /** The block that it ends in; `undefined`: not in memory. */
  readonly lastBlock: { readonly offset: number; readonly bytes: Uint8Array } | undefined;
  /** How small changes are made; `undefined`: nobody has looked. */
  readonly patch: FilePatch | undefined;
}

/** The files that were stored last: whoever opens one again, to append to it, need not have it decoded. */
export class ClosedFiles {
  readonly #live: LiveFile;
  /** By the keys of their nodes. */
  readonly #files = new LRUCache<string, StoredFile>({ max: MAX_FILES });

  constructor(live: LiveFile) {
    this.#live = live;
  }

  /** The file has just been stored so. */
  stored({ key, address }: FileNode, file: Omit<StoredFile, "state">): void {
    this.#files.set(key, { ...file, state: this.#live.stateOf(address) });
  }

  /** `undefined`: nothing is known of it as it is now. */
  of({ key, address }: FileNode): StoredFile | undefined {
    const file = this.#files.get(key);
    if (file === undefined || file.state === this.#live.stateOf(address)) return file;
    this.#files.delete(key);
    return undefined;
  }
}

/** Its bytes. @param others those that are not in memory */
export function bytesOfStored({ size, lastBlock }: StoredFile, others: () => StoredBytes): StoredBytes {
  return {
    size,
    read: (offset, target) => {
      const from = lastBlock === undefined ? -1 : offset - lastBlock.offset;
      if (lastBlock === undefined || from < 0) others().read(offset, target);
      else target.set(lastBlock.bytes.subarray(from, from + target.length));
    },
  };
}
