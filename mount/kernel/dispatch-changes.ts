import { getI64, getU64, putU64 } from "../../src/storage/little-endian.ts";
import type { Timestamp } from "../../src/tree/posix-metadata.ts";
import { Errno, ErrnoError } from "../errno.ts";
import {
  type AttributeChange,
  type Changes,
  type Created,
  type Entry,
  type FileSystem,
  PARKED,
  type Request,
  type Writable,
} from "../filesystem.ts";
import { OPCODE } from "./opcode.ts";
import type { Replier } from "./replier.ts";
import { ENTRY_SIZE, IN_HEADER_SIZE, nulTerminated, OUT_HEADER_SIZE, putEntry, putOpened } from "./structs.ts";

const BODY = IN_HEADER_SIZE;

/** Turns requests that change something into calls on a file system, and their results into replies. */
export class ChangeDispatcher {
  readonly #fs: FileSystem;
  readonly #replier: Replier;

  constructor(fs: FileSystem, replier: Replier) {
    this.#fs = fs;
    this.#replier = replier;
  }

  /** Answers the request; false: it is no change. */
  handle(changes: Changes, opcode: number, request: Request, nodeid: number, view: DataView): boolean {
    const { unique } = request;
    switch (opcode) {
      case OPCODE.WRITE:
        this.#write(changes, request, nodeid, view);
        return true;
      case OPCODE.SETATTR: {
        const changed = changes.setattr(request, nodeid, attributeChange(view));
        const reply = changed ?? this.#fs.getattr(request, nodeid, undefined);
        if (reply !== PARKED) this.#replier.attributes(unique, reply);
        return true;
      }
      case OPCODE.MKNOD: {
        const name = nulTerminated(view, BODY + 16);
        const [mode, rdev] = [view.getUint32(BODY, true), view.getUint32(BODY + 4, true)];
        this.#sendEntry(unique, changes.mknod(request, nodeid, name, mode, rdev));
        return true;
      }
      case OPCODE.CREATE: {
        const name = nulTerminated(view, BODY + 16);
        const [flags, mode] = [view.getUint32(BODY, true), view.getUint32(BODY + 4, true)];
        this.#sendCreated(request, changes.create(request, nodeid, name, mode, flags));
        return true;
      }
      case OPCODE.TMPFILE: {
        const [flags, mode] = [view.getUint32(BODY, true), view.getUint32(BODY + 4, true)];
        this.#sendCreated(request, changes.tmpfile(request, nodeid, mode, flags));
        return true;
      }
      case OPCODE.COPY_FILE_RANGE:
      case OPCODE.COPY_FILE_RANGE_64:
        this.#copyFileRange(changes, request, nodeid, view);
        return true;
      case OPCODE.MKDIR: {
        const name = nulTerminated(view, BODY + 8);
        this.#sendEntry(unique, changes.mkdir(request, nodeid, name, view.getUint32(BODY, true)));
        return true;
      }
      case OPCODE.SYMLINK: {
        const name = nulTerminated(view, BODY);
        const target = nulTerminated(view, BODY + name.length + 1);
        this.#sendEntry(unique, changes.symlink(request, nodeid, name, target));
        return true;
      }
      case OPCODE.LINK: {
        const name = nulTerminated(view, BODY + 8);
        this.#sendEntry(unique, changes.link(request, getU64(view, BODY), nodeid, name));
        return true;
      }
      case OPCODE.UNLINK:
        changes.unlink(request, nodeid, nulTerminated(view, BODY));
        break;
      case OPCODE.RMDIR:
        changes.rmdir(request, nodeid, nulTerminated(view, BODY));
        break;
      case OPCODE.RENAME:
        rename(changes, request, nodeid, view, 0, BODY + 8);
        break;
      case OPCODE.RENAME2:
        rename(changes, request, nodeid, view, view.getUint32(BODY + 8, true), BODY + 16);
        break;
      case OPCODE.FALLOCATE:
        changes.fallocate(
          request,
          nodeid,
          getU64(view, BODY),
          getU64(view, BODY + 8),
          getU64(view, BODY + 16),
          view.getUint32(BODY + 24, true),
        );
        break;
      case OPCODE.SETXATTR: {
        const name = nulTerminated(view, BODY + 8);
        const start = view.byteOffset + BODY + 8 + name.length + 1;
        const value = new Uint8Array(view.buffer, start, view.getUint32(BODY, true)).slice();
        changes.setxattr(request, nodeid, name, value, view.getUint32(BODY + 4, true));
        break;
      }
      case OPCODE.REMOVEXATTR:
        changes.removexattr(request, nodeid, nulTerminated(view, BODY));
        break;
      default:
        return false;
    }
    this.#replier.errno(unique, 0);
    return true;
  }

  /** `struct fuse_write_in`, then the bytes. */
  #write(changes: Changes, request: Request, nodeid: number, view: DataView): void {
    const O_APPEND = 0o2000;
    const FUSE_WRITE_CACHE = 1;
    const FUSE_WRITE_KILL_SUIDGID = 4;
    const size = view.getUint32(BODY + 16, true);
    const writeFlags = view.getUint32(BODY + 20, true);
    const data = new Uint8Array(view.buffer, view.byteOffset + BODY + 40, size);
    const takeOver = changes.write(request, nodeid, getU64(view, BODY), getU64(view, BODY + 8), data, {
      // Pages that were mapped and written have their place, by whatever handle they come.
      append: (view.getUint32(BODY + 32, true) & O_APPEND) !== 0 && (writeFlags & FUSE_WRITE_CACHE) === 0,
      killPrivileges: (writeFlags & FUSE_WRITE_KILL_SUIDGID) !== 0,
    });
    // `struct fuse_write_out`
    this.#replier.view.setUint32(OUT_HEADER_SIZE, size, true);
    this.#replier.view.setUint32(OUT_HEADER_SIZE + 4, 0, true);
    this.#replier.send(request.unique, OUT_HEADER_SIZE + 8);
    takeOver?.();
  }

  /** `struct fuse_copy_file_range_in`; the answer is `fuse_write_out` or `fuse_copy_file_range_out`, which begin alike. */
  #copyFileRange(changes: Changes, request: Request, nodeid: number, view: DataView): void {
    const [from, to] = [
      { nodeid, handle: getU64(view, BODY), offset: getU64(view, BODY + 8) },
      { nodeid: getU64(view, BODY + 16), handle: getU64(view, BODY + 24), offset: getU64(view, BODY + 32) },
    ];
    const copied = changes.copyFileRange(request, from, to, getU64(view, BODY + 40));
    putU64(this.#replier.view, OUT_HEADER_SIZE, copied);
    this.#replier.send(request.unique, OUT_HEADER_SIZE + 8);
  }

  #sendCreated(request: Request, { entry, open }: Created): void {
    const reply = this.#replier.view;
    putEntry(reply, OUT_HEADER_SIZE, entry);
    if (this.#replier.send(request.unique, putOpened(reply, OUT_HEADER_SIZE + ENTRY_SIZE, open))) return;
    this.#fs.release(request, entry.nodeid, open.handle);
    this.#fs.forget(entry.nodeid, 1);
  }

  #sendEntry(unique: number, entry: Entry): void {
    const sent = this.#replier.send(unique, putEntry(this.#replier.view, OUT_HEADER_SIZE, entry));
    if (!sent) this.#fs.forget(entry.nodeid, 1);
  }
}

const O_TRUNC = 0o1000;

const CHANGES: ReadonlySet<number> = new Set([
  OPCODE.SETATTR,
  OPCODE.MKNOD,
  OPCODE.CREATE,
  OPCODE.TMPFILE,
  OPCODE.COPY_FILE_RANGE,
  OPCODE.COPY_FILE_RANGE_64,
  OPCODE.MKDIR,
  OPCODE.SYMLINK,
  OPCODE.LINK,
  OPCODE.UNLINK,
  OPCODE.RMDIR,
  OPCODE.RENAME,
  OPCODE.RENAME2,
  OPCODE.FALLOCATE,
  OPCODE.SETXATTR,
  OPCODE.REMOVEXATTR,
]);

/** Whether the request changes the file system. */
export function isChange(changes: Changes, view: DataView): boolean {
  const opcode = view.getUint32(4, true);
  switch (opcode) {
    case OPCODE.OPEN:
      return (view.getUint32(BODY, true) & O_TRUNC) !== 0;
    case OPCODE.FLUSH:
    case OPCODE.FSYNC:
    case OPCODE.RELEASE:
      return changes.isChanged(getU64(view, BODY));
    case OPCODE.WRITE:
      return !changes.hasRoom(getU64(view, BODY), view.getUint32(BODY + 16, true));
    default:
      return CHANGES.has(opcode);
  }
}

/** `struct fuse_rename2_in` (or `fuse_rename_in`), then both names. */
function rename(
  changes: Changes,
  request: Request,
  parent: number,
  view: DataView,
  flags: number,
  namesAt: number,
): void {
  const NOREPLACE = 1;
  const EXCHANGE = 2;
  const WHITEOUT = 4;
  if ((flags & ~(NOREPLACE | EXCHANGE | WHITEOUT)) !== 0) throw new ErrnoError(Errno.EINVAL);
  const name = nulTerminated(view, namesAt);
  const newName = nulTerminated(view, namesAt + name.length + 1);
  changes.rename(request, parent, name, getU64(view, BODY), newName, {
    noReplace: (flags & NOREPLACE) !== 0,
    exchange: (flags & EXCHANGE) !== 0,
    whiteout: (flags & WHITEOUT) !== 0,
  });
}

const FATTR = {
  mode: 1,
  uid: 2,
  gid: 4,
  size: 8,
  atime: 16,
  mtime: 32,
  handle: 64,
  atimeNow: 128,
  mtimeNow: 256,
  killPrivileges: 2048,
};

/** `struct fuse_setattr_in` */
function attributeChange(view: DataView): AttributeChange {
  const valid = view.getUint32(BODY, true);
  const has = (flag: number): boolean => (valid & flag) !== 0;
  const time = (seconds: number, nanoseconds: number): Timestamp => {
    return { seconds: getI64(view, BODY + seconds), nanoseconds: view.getUint32(BODY + nanoseconds, true) };
  };
  const change: Writable<AttributeChange> = {};
  if (has(FATTR.mode)) change.mode = view.getUint32(BODY + 68, true);
  if (has(FATTR.uid)) change.uid = view.getUint32(BODY + 76, true);
  if (has(FATTR.gid)) change.gid = view.getUint32(BODY + 80, true);
  if (has(FATTR.size)) change.size = getU64(view, BODY + 16);
  if (has(FATTR.atime)) change.atime = has(FATTR.atimeNow) ? "now" : time(32, 56);
  if (has(FATTR.mtime)) change.mtime = has(FATTR.mtimeNow) ? "now" : time(40, 60);
  if (has(FATTR.killPrivileges)) change.killPrivileges = true;
  if (has(FATTR.handle)) change.handle = getU64(view, BODY + 8);
  return change;
}
