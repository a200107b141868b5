/**
 * What a transport (the kernel protocol, or libfuse) asks of the file system: FUSE's own low-level operations. Everything
 * is synchronous; an operation that would take long returns PARKED and is answered later, by `unique`.
 * Failure is an exception; `errnoOf` (errno.ts) gives its errno.
 */

/** Returned by an operation that will be answered later, through the session's own `Replier`. */
export const PARKED = Symbol("parked");
export type Parked = typeof PARKED;

/** Who asks: from the header of the request. */
export interface Request {
  /** Below 2^53: the kernel counts them up from 2. */
  readonly unique: number;
  readonly uid: number;
  readonly gid: number;
  readonly pid: number;
}

export interface Timestamp {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** `struct fuse_attr`. */
export interface Attributes {
  readonly ino: number;
  readonly size: number;
  /** In units of 512 bytes. */
  readonly blocks: number;
  readonly atime: Timestamp;
  readonly mtime: Timestamp;
  readonly ctime: Timestamp;
  /** File type and permission bits. */
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly blksize: number;
}

/** `struct fuse_entry_out`. `nodeid` 0 is a negative entry: the name does not exist, and the kernel may remember so. */
export interface Entry {
  readonly nodeid: number;
  readonly generation: number;
  /** Seconds for which the kernel may trust the name, and the attributes. */
  readonly entryValid: number;
  readonly attributesValid: number;
  readonly attributes: Attributes;
}

export interface AttributesReply {
  readonly attributes: Attributes;
  readonly valid: number;
}

export interface OpenReply {
  readonly handle: number;
  /** FOPEN_* flags. */
  readonly flags: number;
}

/** One entry of a directory listing. `offset` is what the kernel sends to go on after this entry. */
export interface DirectoryEntry {
  /** Raw bytes, as the kernel wants them. */
  readonly name: Uint8Array;
  readonly ino: number;
  /** The DT_* type. */
  readonly type: number;
  readonly offset: number;
  /** Looks the entry up as LOOKUP would (READDIRPLUS only), adding to its lookup count; `undefined`: the kernel shall ask. */
  lookup(): Entry | undefined;
}

/** `struct fuse_kstatfs`. */
export interface FilesystemStatistics {
  readonly blocks: number;
  readonly bfree: number;
  readonly bavail: number;
  readonly files: number;
  readonly ffree: number;
  readonly bsize: number;
  readonly namelen: number;
  readonly frsize: number;
}

export interface FileSystem {
  lookup(request: Request, parent: number, name: Uint8Array): Entry;
  /** Never answered. */
  forget(nodeid: number, lookups: number): void;
  getattr(request: Request, nodeid: number, handle: number | undefined): AttributesReply | Parked;
  readlink(request: Request, nodeid: number): Uint8Array;
  access(request: Request, nodeid: number, mask: number): void;
  open(request: Request, nodeid: number, flags: number): OpenReply | Parked;
  /** Puts the bytes from `offset` on into `target`, and says how many: fewer than it takes only at the end of the file. */
  read(request: Request, nodeid: number, handle: number, offset: number, target: Uint8Array): number | Parked;
  lseek(request: Request, nodeid: number, handle: number, offset: number, whence: number): number;
  flush(request: Request, nodeid: number, handle: number): void;
  fsync(request: Request, nodeid: number, handle: number, dataOnly: boolean): void;
  release(request: Request, nodeid: number, handle: number): void;
  opendir(request: Request, nodeid: number, flags: number): OpenReply;
  /** Entries after the one whose `offset` is given (0: from the start); the transport takes as many as fit. */
  readdir(request: Request, nodeid: number, handle: number, offset: number): Iterable<DirectoryEntry>;
  releasedir(request: Request, nodeid: number, handle: number): void;
  fsyncdir(request: Request, nodeid: number, handle: number, dataOnly: boolean): void;
  /** The whole value; the transport keeps the ERANGE protocol. */
  getxattr(request: Request, nodeid: number, name: Uint8Array): Uint8Array;
  listxattr(request: Request, nodeid: number): readonly Uint8Array[];
  statfs(request: Request, nodeid: number): FilesystemStatistics;
  /** The kernel no longer waits for `unique`: where it is parked, it is to be answered with EINTR at once. */
  interrupt(unique: number): void;
  /** The last call: the file system is gone. */
  destroy(): void;
}
