import { Errno, ErrnoError, errnoOf } from "../errno.ts";
import type { DirectoryEntry, Entry } from "../filesystem.ts";
import { direntSize, ENTRY_SIZE, putDirent, putEntry } from "./structs.ts";

/** Nodeid 0 in READDIRPLUS: the kernel shall look the entry up itself. */
const UNKNOWN: Entry = {
  nodeid: 0,
  generation: 0,
  entryValid: 0,
  attributesValid: 0,
  attributes: {
    ino: 0,
    size: 0,
    blocks: 0,
    atime: { seconds: 0, nanoseconds: 0 },
    mtime: { seconds: 0, nanoseconds: 0 },
    ctime: { seconds: 0, nanoseconds: 0 },
    mode: 0,
    nlink: 0,
    uid: 0,
    gid: 0,
    rdev: 0,
    blksize: 0,
  },
};

/** The reply to READDIR or READDIRPLUS: as many entries as fit. One buffer is used for all. */
export class DirectoryReply {
  #buffer = Buffer.alloc(2 ** 16);
  #length = 0;
  #lookedUp: number[] = [];

  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** The nodeids whose lookup count was raised: to be forgotten where the reply does not arrive. */
  get lookedUp(): readonly number[] {
    return this.#lookedUp;
  }

  /**
   * @param size the most bytes that the kernel takes
   * @throws ErrnoError where not even the first entry fits: nothing would tell that from the end of the directory
   */
  fill(entries: Iterable<DirectoryEntry>, size: number, plus: boolean): void {
    if (size > this.#buffer.length) this.#buffer = Buffer.alloc(size);
    const view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset, this.#buffer.length);
    this.#length = 0;
    this.#lookedUp = [];
    for (const entry of entries) {
      const needed = direntSize(entry.name.length) + (plus ? ENTRY_SIZE : 0);
      if (this.#length + needed > size) {
        if (this.#length === 0) throw new ErrnoError(Errno.EINVAL);
        return;
      }
      if (plus) this.#length = putEntry(view, this.#length, this.#lookup(entry) ?? UNKNOWN);
      this.#length = putDirent(view, this.#length, entry);
    }
  }

  #lookup(entry: DirectoryEntry): Entry | undefined {
    if (isDot(entry.name)) return undefined;
    let found: Entry | undefined;
    try {
      found = entry.lookup();
    } catch (error) {
      // What is wrong with one entry is told to whoever asks for that one; the others are listed.
      if (errnoOf(error) === undefined) throw error;
    }
    if (found === undefined || found.nodeid === 0) return undefined;
    this.#lookedUp.push(found.nodeid);
    return found;
  }
}

/** "." and "..": the kernel knows them itself, drops what it is told, and would never forget them. */
function isDot(name: Uint8Array): boolean {
  const DOT = 0x2e;
  return name[0] === DOT && (name.length === 1 || (name.length === 2 && name[1] === DOT));
}
