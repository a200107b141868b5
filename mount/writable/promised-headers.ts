import { now } from "../../src/format/modification-time.ts";
import { readObjectHeaderBlocks } from "../../src/format/object-header.ts";
import type { HeaderRoom } from "../../src/object/new-object.ts";
import { NO_METADATA, posixAttribute } from "../../src/tree/posix-metadata.ts";
import { createFileDataset } from "./chunked-store.ts";
import type { LiveFile } from "./live-file.ts";
import { PLAIN_STORAGE } from "./new-file-storage.ts";

/** So many are set aside in one transaction. */
const COUNT = 32;

/** What has the longest header. */
const LARGE = 2 ** 30;

/**
 * Object headers that are set aside for files that are made later: a file's inode number is its header's address, and is told to the kernel
 * when the file is created. Until then it is that of an empty file without a name.
 */
export class PromisedHeaders {
  readonly #live: LiveFile;
  #rooms: HeaderRoom[] = [];

  constructor(live: LiveFile) {
    this.#live = live;
  }

  /** @throws H5Error where no more can be made */
  take(): HeaderRoom {
    if (this.#rooms.length === 0) this.#rooms = this.#setAside();
    const room = this.#rooms.shift();
    if (room === undefined) throw new TypeError("no header was set aside");
    return room;
  }

  /** Gives those back that nobody has taken. @throws H5Error */
  release(): void {
    if (this.#rooms.length === 0) return;
    this.#live.transaction(({ edit }) => {
      for (const { address, length } of this.#rooms) edit.free(address, length);
    });
    this.#rooms = [];
  }

  #setAside(): HeaderRoom[] {
    return this.#live.transaction((transaction) => {
      const { edit } = transaction;
      const attributes = [posixAttribute(NO_METADATA)];
      const first = createFileDataset(transaction, now(), PLAIN_STORAGE, attributes, { size: LARGE });
      const [block] = readObjectHeaderBlocks(edit.context, first).blocks;
      if (block === undefined) throw new TypeError("an object header without a block");
      const { length } = block;
      const bytes = edit.context.space.read(first, length, "object header");
      const rooms = [{ address: first, length }];
      while (rooms.length < COUNT) rooms.push({ address: edit.allocate(length, "metadata"), length });
      // Those that lie side by side are written together.
      for (let from = 1, to = 1; from < COUNT; from = to) {
        const start = rooms[from]?.address ?? 0;
        while (rooms[to]?.address === start + (to - from) * length) to++;
        edit.write(start, Buffer.concat(Array.from({ length: to - from }, () => bytes)));
      }
      for (const { address } of rooms) edit.changedObjects.add(address);
      return rooms;
    });
  }
}
