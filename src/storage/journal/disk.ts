/** What the journal needs of the operating system: behind interfaces, so that tests can record every call, and break it. */

/** Tells whether a file is still the one it was, and whether anybody else has changed it. */
export interface FileIdentity {
  readonly device: number;
  readonly inode: number;
  /** Bytes. */
  readonly size: number;
  readonly modified: bigint;
}

/** A file that is read and written. All failures are exceptions with the system's `code`. */
export interface DiskFile {
  readonly name: string;
  /** For threads that read by themselves. */
  readonly fd: number;
  identity(): FileIdentity;
  size(): number;
  /** Fills `target`, or throws. */
  read(target: Uint8Array, offset: number): void;
  /** Writes all parts, one after the other; past the end the file grows. */
  write(parts: readonly Uint8Array[], offset: number): void;
  truncate(size: number): void;
  /** fdatasync(2): what was written before is on the disk, and so is the size. It cannot be tried again after a failure. */
  sync(): void;
  /** As `sync`; then nothing is believed that only the page cache has: after a failed fsync(2) it may have what no disk does. */
  settle(): void;
  /** Makes sure that writing [offset, offset + length) cannot fail for want of space; does not change the file's size. */
  reserve(offset: number, length: number): void;
  /** Gives the disk space of [offset, offset + length) back; it reads as zeros. False: the file system cannot. */
  punch(offset: number, length: number): boolean;
  close(): void;
}

/** The directory in which the log of a file lives. */
export interface DiskDirectory {
  /** `undefined`: there is no such file. A symlink is not followed. */
  open(name: string): DiskFile | undefined;
  /** @throws where it exists */
  create(name: string): DiskFile;
  rename(name: string, to: string): void;
  remove(name: string): void;
  /** Makes names durable that were created, renamed or removed. */
  sync(): void;
}
