import type { Timestamp } from "../src/tree/posix-metadata.ts";

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
  /** How often it may be put off by `Preparing`; absent: it must be answered, however long that takes. */
  readonly patience?: number;
  /** What came of the work for which it was put off. */
  readonly prepared?: unknown;
}

/** While it is made. */
export type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

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
  /** Of a device: as the kernel encodes it. */
  readonly rdev: number;
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

/** OpenReply's flags. */
export const FOPEN_DIRECT_IO = 1;
export const FOPEN_KEEP_CACHE = 2;
export const FOPEN_CACHE_DIR = 8;

/** The bits of open(2)'s flags that say whether the file is to be read or written; 0: to be read alone. */
export const O_ACCMODE = 3;

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

/** What SETATTR changes. */
export interface AttributeChange {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly size?: number;
  /** "now" is the time at which the change is made. */
  readonly atime?: Timestamp | "now";
  readonly mtime?: Timestamp | "now";
  /** The file is not to run with its owner's or group's privileges any more. */
  readonly killPrivileges?: boolean;
  /** Of the handle by which it is changed, where it is. */
  readonly handle?: number;
}

export interface Created {
  readonly entry: Entry;
  readonly open: OpenReply;
}

/** RENAME2's flags. */
export interface RenameFlags {
  /** EEXIST where the new name exists. */
  readonly noReplace: boolean;
  /** Both exist and change places. */
  readonly exchange: boolean;
  /** A character device 0:0 takes the old name. */
  readonly whiteout: boolean;
}

/** WRITE's flags. */
export interface WriteFlags {
  /** The handle was opened with O_APPEND: the bytes go to the end, wherever the kernel believes that to be. */
  readonly append: boolean;
  /** Set-user-ID and set-group-ID are to be taken away. */
  readonly killPrivileges: boolean;
}

/** Where in an open file. */
export interface FilePlace {
  readonly nodeid: number;
  readonly handle: number;
  readonly offset: number;
}

/** The operations of a file system that can be written. While `areHeld`, whoever asks for a change is to wait. The permission bits of `mode` are without those of the umask. */
export interface Changes {
  /** A change made now would keep all other requests waiting. */
  readonly areHeld: boolean;
  /** Whether to flush or release the handle is a change. */
  isChanged(handle: number): boolean;
  /** Whether so many bytes more that are written by the handle are only kept in memory. */
  hasRoom(handle: number, length: number): boolean;
  /** `undefined`: what they are now is to be asked for by `getattr`, which can wait. */
  setattr(request: Request, nodeid: number, change: AttributeChange): AttributesReply | undefined;
  /** @param mode the type, too */
  mknod(request: Request, parent: number, name: Uint8Array, mode: number, rdev: number): Entry;
  create(request: Request, parent: number, name: Uint8Array, mode: number, flags: number): Created;
  /** A file without a name, which `link` may give it. */
  tmpfile(request: Request, parent: number, mode: number, flags: number): Created;
  mkdir(request: Request, parent: number, name: Uint8Array, mode: number): Entry;
  symlink(request: Request, parent: number, name: Uint8Array, target: Uint8Array): Entry;
  link(request: Request, nodeid: number, parent: number, name: Uint8Array): Entry;
  unlink(request: Request, parent: number, name: Uint8Array): void;
  rmdir(request: Request, parent: number, name: Uint8Array): void;
  rename(
    request: Request,
    parent: number,
    name: Uint8Array,
    newParent: number,
    newName: Uint8Array,
    flags: RenameFlags,
  ): void;
  /**
   * @returns what takes the bytes over: to be called before anything else is asked for, and best when the writer has its answer; before
   * anything but another WRITE is asked for then, `settle` is to be called. `undefined`: they are taken over, and the caller's again
   */
  write(
    request: Request,
    nodeid: number,
    handle: number,
    offset: number,
    data: Uint8Array,
    flags: WriteFlags,
  ): (() => void) | undefined;
  /** All that was written is seen by whatever is asked for next. */
  settle(): void;
  /** Copies bytes of one open file into another; fewer where the first ends, or it would take long. @returns how many */
  copyFileRange(request: Request, from: FilePlace, to: FilePlace, length: number): number;
  /** @param mode FALLOC_FL_* */
  fallocate(request: Request, nodeid: number, handle: number, offset: number, length: number, mode: number): void;
  setxattr(request: Request, nodeid: number, name: Uint8Array, value: Uint8Array, flags: number): void;
  removexattr(request: Request, nodeid: number, name: Uint8Array): void;
}

export interface FileSystem {
  /** `undefined`: nothing can be changed. */
  readonly changes: Changes | undefined;
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
  fsync(request: Request, nodeid: number, handle: number, dataOnly: boolean): Parked | undefined;
  release(request: Request, nodeid: number, handle: number): void;
  opendir(request: Request, nodeid: number, flags: number): OpenReply;
  /** Entries after the one whose `offset` is given (0: from the start); the transport takes as many as fit. */
  readdir(request: Request, nodeid: number, handle: number, offset: number): Iterable<DirectoryEntry>;
  releasedir(request: Request, nodeid: number, handle: number): void;
  fsyncdir(request: Request, nodeid: number, handle: number, dataOnly: boolean): Parked | undefined;
  /** The whole value; the transport keeps the ERANGE protocol. */
  getxattr(request: Request, nodeid: number, name: Uint8Array): Uint8Array;
  listxattr(request: Request, nodeid: number): readonly Uint8Array[];
  statfs(request: Request, nodeid: number): FilesystemStatistics;
  /** The kernel no longer waits for `unique`: where it is parked, it is to be answered with EINTR at once. */
  interrupt(unique: number): void;
  /** The last call: the file system is gone. */
  destroy(): void;
}
