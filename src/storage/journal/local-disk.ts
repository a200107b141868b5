import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
  writevSync,
} from "node:fs";
import { join } from "node:path";
import { closedError, readFully } from "../local-file.ts";
import type { DiskDirectory, DiskFile, FileIdentity } from "./disk.ts";
import { dropCachedPages, KEEP_SIZE, PUNCH_HOLE, tryFallocate } from "./system-calls.ts";

/** Node takes lengths below 2 GiB. */
const MAX_WRITE = 2 ** 30;

/** The kernel takes so many parts in one writev (IOV_MAX). */
const MAX_PARTS = 1024;

/** A file of the local file system, open for reading and writing. */
export class LocalDiskFile implements DiskFile {
  readonly name: string;
  /** `undefined`: it is closed. */
  #fd: number | undefined;

  constructor(name: string, fd: number) {
    this.name = name;
    this.#fd = fd;
  }

  /** @throws H5Error "io" where the file is closed */
  get fd(): number {
    if (this.#fd === undefined) throw closedError(this.name);
    return this.#fd;
  }

  identity(): FileIdentity {
    const { dev, ino, size, mtimeNs } = fstatSync(this.fd, { bigint: true });
    return { device: Number(dev), inode: Number(ino), size: Number(size), modified: mtimeNs };
  }

  size(): number {
    return fstatSync(this.fd).size;
  }

  read(target: Uint8Array, offset: number): void {
    readFully(this.fd, target, offset, this.name);
  }

  write(parts: readonly Uint8Array[], offset: number): void {
    const [only] = parts;
    if (only !== undefined && parts.length === 1) {
      this.#writePart(only, offset);
      return;
    }
    const rest = parts.filter((part) => part.length > 0);
    let at = offset;
    // A checkpoint has tens of thousands of parts: what is written is passed over, not taken out.
    for (let first = 0; first < rest.length; ) {
      let written = writevSync(this.fd, rest.slice(first, first + MAX_PARTS), at);
      at += written;
      for (let part = rest[first]; part !== undefined && written >= part.length; part = rest[++first]) {
        written -= part.length;
      }
      const cut = rest[first];
      if (written > 0 && cut !== undefined) rest[first] = cut.subarray(written);
    }
  }

  #writePart(bytes: Uint8Array, offset: number): void {
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(this.fd, bytes, done, Math.min(MAX_WRITE, bytes.length - done), offset + done);
    }
  }

  truncate(size: number): void {
    ftruncateSync(this.fd, size);
  }

  sync(): void {
    fdatasyncSync(this.fd);
  }

  settle(): void {
    fsyncSync(this.fd);
    dropCachedPages(this.fd);
  }

  reserve(offset: number, length: number): void {
    tryFallocate(this.fd, KEEP_SIZE, offset, length);
  }

  punch(offset: number, length: number): boolean {
    return tryFallocate(this.fd, PUNCH_HOLE | KEEP_SIZE, offset, length);
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

/** A directory of the local file system. */
export class LocalDirectory implements DiskDirectory {
  readonly #path: string;
  /** New files get the owner and the mode of this one. */
  readonly #like: number;
  readonly #access: number;

  /** @param access that files are opened with */
  constructor(path: string, like: number, access: "read" | "write") {
    this.#path = path;
    this.#like = like;
    this.#access = access === "read" ? constants.O_RDONLY : constants.O_RDWR;
  }

  open(name: string): DiskFile | undefined {
    try {
      return new LocalDiskFile(name, openSync(join(this.#path, name), this.#access | constants.O_NOFOLLOW));
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
  }

  create(name: string): DiskFile {
    const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    const fd = openSync(join(this.#path, name), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      const { uid, gid, mode } = fstatSync(this.#like);
      const made = fstatSync(fd);
      if (made.uid !== uid || made.gid !== gid) fchownSync(fd, uid, gid);
      fchmodSync(fd, mode & 0o666);
      return new LocalDiskFile(name, fd);
    } catch (error) {
      closeSync(fd);
      this.remove(name);
      throw error;
    }
  }

  rename(name: string, to: string): void {
    renameSync(join(this.#path, name), join(this.#path, to));
  }

  remove(name: string): void {
    unlinkSync(join(this.#path, name));
  }

  sync(): void {
    const fd = openSync(this.#path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}
