import { encodeText } from "../../src/format/text.ts";
import { Errno, ErrnoError, errnoOf, reasonOf } from "../errno.ts";
import { type AttributesReply, type FileSystem, PARKED, type Parked, type Request } from "../filesystem.ts";
import { extendedAttribute, extendedAttributeList, lengthWithin } from "../xattr.ts";
import type { Binding, Call, Handler } from "./binding.ts";
import { addChangeHandlers, type OpenFile } from "./change-operations.ts";
import { InodeNumbers } from "./inode-numbers.ts";
import { toWellFormed } from "./names.ts";
import { Paths } from "./paths.ts";
import type { PendingCalls } from "./pending.ts";
import { encodeEntry, encodeStat, encodeStatvfs, NO_STAT, NO_STATVFS } from "./wire.ts";

/** What the operations tell the one who runs them. */
export interface OperationEvents {
  ready(): void;
  /** There may be something to be done later. */
  answered(): void;
  /** An exception that nobody foresaw: its request got EIO, the file system goes on. */
  defect(error: unknown, operation: string): void;
  /** A change was not made, for a reason that its errno does not tell. */
  refused(reason: string): void;
}

/** libfuse knows who asks, fuse-native does not tell. What is made belongs to whom the daemon runs as. */
const SELF = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0, pid: 0 };

/** Of what is refused there, nobody else tells why. */
const TOLD: ReadonlySet<string> = new Set([
  "write",
  "truncate",
  "ftruncate",
  "create",
  "mknod",
  "mkdir",
  "symlink",
  "link",
  "rename",
]);

/** How many operations libfuse's table has in fuse-native. */
const OPERATIONS = 35;

/** libfuse refuses a longer target of a symlink without a word: it cuts it off. */
const PATH_MAX = 4096;

/** libfuse 2's high-level operations, by path, on a file system that works by nodeid. */
export class Operations {
  readonly handlers: readonly Handler[];
  readonly implemented = new Uint32Array(OPERATIONS);
  readonly #fs: FileSystem;
  readonly #binding: Binding;
  readonly #pending: PendingCalls;
  readonly #events: OperationEvents;
  readonly #paths: Paths;
  readonly #inodes = new InodeNumbers();
  readonly #open = new Map<number, OpenFile>();
  #nextFile = 1;
  #nextUnique = 1;

  constructor(fs: FileSystem, binding: Binding, pending: PendingCalls, events: OperationEvents) {
    this.#fs = fs;
    this.#binding = binding;
    this.#pending = pending;
    this.#events = events;
    this.#paths = new Paths(fs);
    this.handlers = this.#makeHandlers();
  }

  /** How many have come so far. */
  get requests(): number {
    return this.#nextUnique - 1;
  }

  #makeHandlers(): Handler[] {
    const b = this.#binding;
    const handlers: Handler[] = new Array(OPERATIONS).fill(() => undefined);
    const add = (operation: number, handler: Handler): void => {
      handlers[operation] = handler;
      this.implemented[operation] = 1;
    };
    add(b.op_init, (call) => {
      b.fuse_native_signal_init(call, 0);
      this.#events.ready();
    });
    add(b.op_getattr, (call, _, path: string) => this.#getattr(call, path));
    add(b.op_access, (call, _, path: string, mask: number) => {
      const answer = (result: number): void => b.fuse_native_signal_access(call, result);
      this.#done("access", answer, (request) => this.#fs.access(request, this.#paths.resolve(request, path), mask));
    });
    add(b.op_readlink, (call, _, path: string) => this.#readlink(call, path));
    add(b.op_statfs, (call, _, path: string) => {
      let statvfs = NO_STATVFS;
      const answer = (result: number): void => b.fuse_native_signal_statfs(call, result, statvfs);
      this.#done("statfs", answer, (request) => {
        statvfs = encodeStatvfs(this.#fs.statfs(request, this.#paths.resolve(request, path)));
      });
    });
    add(b.op_open, (call, _, path: string, flags: number) => this.#openFile(call, path, flags));
    add(b.op_read, (call, _, _path: string, file: number, buffer: Buffer, _size: number, low: number, high: number) =>
      this.#read(call, file, buffer, low + high * 2 ** 32),
    );
    add(b.op_flush, (call, _, _path: string, file: number) => {
      const answer = (result: number): void => b.fuse_native_signal_flush(call, result);
      this.#done("flush", answer, (request) => {
        const { nodeid, handle } = this.#file(file);
        this.#fs.flush(request, nodeid, handle);
      });
    });
    add(b.op_fsync, (call, _, _path: string, dataOnly: number, file: number) => {
      const answer = (result: number): void => b.fuse_native_signal_fsync(call, result);
      this.#done("fsync", answer, (request) => {
        const { nodeid, handle } = this.#file(file);
        this.#fs.fsync(request, nodeid, handle, dataOnly !== 0);
      });
    });
    add(b.op_fsyncdir, (call, _, path: string, dataOnly: number) => {
      const answer = (result: number): void => b.fuse_native_signal_fsyncdir(call, result);
      this.#done("fsyncdir", answer, (request) =>
        this.#fs.fsyncdir(request, this.#paths.resolve(request, path), 0, dataOnly !== 0),
      );
    });
    add(b.op_release, (call, _, _path: string, file: number) => {
      const answer = (result: number): void => b.fuse_native_signal_release(call, result);
      this.#done("release", answer, (request) => this.#release(request, file));
    });
    add(b.op_readdir, (call, _, path: string) => this.#readdir(call, path));
    add(b.op_getxattr, (call, _, path: string, name: string, buffer: Buffer, position: number) => {
      const answer = (result: number): void => b.fuse_native_signal_getxattr(call, result, buffer.buffer);
      this.#answer("getxattr", answer, (request) => {
        // Only macOS asks for parts, and only of resource forks.
        if (position !== 0) throw new ErrnoError(Errno.EINVAL);
        const nodeid = this.#paths.resolve(request, path);
        return fill(buffer, [extendedAttribute(this.#fs, request, nodeid, encodeText(name))]);
      });
    });
    add(b.op_listxattr, (call, _, path: string, buffer: Buffer) => {
      const answer = (result: number): void => b.fuse_native_signal_listxattr(call, result, buffer.buffer);
      this.#answer("listxattr", answer, (request) =>
        fill(buffer, extendedAttributeList(this.#fs, request, this.#paths.resolve(request, path))),
      );
    });
    if (this.#fs.changes !== undefined) {
      addChangeHandlers({
        fs: this.#fs,
        changes: this.#fs.changes,
        binding: b,
        paths: this.#paths,
        add,
        answer: (operation, answer, run) => this.#answer(operation, answer, run),
        file: (number) => this.#file(number),
        opened: (file) => this.#opened(file),
      });
    }
    return handlers;
  }

  #opened(file: OpenFile): number {
    const number = this.#freeNumber();
    this.#open.set(number, file);
    return number;
  }

  /** Runs an operation and answers that it is done, or with the negative errno of its exception. */
  #done(operation: string, answer: (result: number) => void, run: (request: Request) => void): void {
    this.#answer(operation, answer, (request) => {
      run(request);
      return 0;
    });
  }

  /** Runs an operation and answers with its number, or the negative errno of its exception; not where it parked. */
  #answer(operation: string, answer: (result: number) => void, run: (request: Request) => number | Parked): void {
    let result: number;
    try {
      const outcome = run({ unique: this.#nextUnique++, ...SELF });
      if (outcome === PARKED) return;
      result = outcome;
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined) this.#events.defect(error, operation);
      const reason = TOLD.has(operation) ? reasonOf(error) : undefined;
      if (reason !== undefined) this.#events.refused(reason);
      result = -(errno ?? Errno.EIO);
    }
    answer(result);
    this.#events.answered();
  }

  /** libfuse has one attribute lifetime for all: the size must be known, and the request waits for it. */
  #getattr(call: Call, path: string): void {
    let stat = NO_STAT;
    const answer = (result: number): void => this.#binding.fuse_native_signal_getattr(call, result, stat);
    const put = ({ attributes }: AttributesReply): void => {
      stat = encodeStat(attributes, this.#inodes.of(attributes.ino));
    };
    this.#answer("getattr", answer, (request) => {
      const reply = this.#fs.getattr(request, this.#paths.resolve(request, path), undefined);
      if (reply !== PARKED) {
        put(reply);
        return 0;
      }
      this.#pending.park(request.unique, {
        attributes: (late) => {
          put(late);
          answer(0);
        },
        errno: (errno) => answer(-errno),
      });
      return PARKED;
    });
  }

  #readlink(call: Call, path: string): void {
    let target = "";
    const answer = (result: number): void => this.#binding.fuse_native_signal_readlink(call, result, target);
    this.#done("readlink", answer, (request) => {
      const found = toWellFormed(this.#fs.readlink(request, this.#paths.resolve(request, path)));
      if (Buffer.byteLength(found) >= PATH_MAX) throw new ErrnoError(Errno.ENAMETOOLONG);
      target = found;
    });
  }

  #openFile(call: Call, path: string, flags: number): void {
    let file = 0;
    const answer = (result: number): void => this.#binding.fuse_native_signal_open(call, result, file);
    this.#done("open", answer, (request) => {
      const nodeid = this.#paths.lookup(request, path);
      try {
        const reply = this.#fs.open(request, nodeid, flags);
        if (reply === PARKED) throw new TypeError("an open was parked");
        file = this.#opened({ nodeid, handle: reply.handle });
      } catch (error) {
        this.#fs.forget(nodeid, 1);
        throw error;
      }
    });
  }

  /** fuse-native keeps a positive 32-bit number for an open file. */
  #freeNumber(): number {
    do this.#nextFile = (this.#nextFile % 0x7fff_ffff) + 1;
    while (this.#open.has(this.#nextFile));
    return this.#nextFile;
  }

  #file(number: number): OpenFile {
    const file = this.#open.get(number);
    if (file === undefined) throw new ErrnoError(Errno.EBADF);
    return file;
  }

  #release(request: Request, number: number): void {
    const { nodeid, handle } = this.#file(number);
    this.#open.delete(number);
    try {
      this.#fs.release(request, nodeid, handle);
    } finally {
      this.#fs.forget(nodeid, 1);
    }
  }

  #read(call: Call, file: number, buffer: Buffer, offset: number): void {
    const answer = (result: number): void => this.#binding.fuse_native_signal_read(call, result, 0, buffer.buffer);
    this.#answer("read", answer, (request) => {
      const { nodeid, handle } = this.#file(file);
      const length = this.#fs.read(request, nodeid, handle, offset, buffer);
      if (length !== PARKED) return length;
      this.#pending.park(request.unique, {
        data: (late) => answer(copy(buffer, late)),
        errno: (errno) => answer(-errno),
      });
      return PARKED;
    });
  }

  /** libfuse takes the whole listing at once, and gives it out itself. */
  #readdir(call: Call, path: string): void {
    const names: string[] = [];
    const stats: Uint32Array[] = [];
    const answer = (result: number): void => this.#binding.fuse_native_signal_readdir(call, result, names, stats);
    this.#done("readdir", answer, (request) => {
      const nodeid = this.#paths.resolve(request, path);
      const { handle } = this.#fs.opendir(request, nodeid, 0);
      try {
        for (const entry of this.#fs.readdir(request, nodeid, handle, 0)) {
          names.push(toWellFormed(entry.name));
          stats.push(encodeEntry(entry.type, this.#inodes.of(entry.ino)));
        }
      } finally {
        this.#fs.releasedir(request, nodeid, handle);
      }
    });
  }
}

/** Bytes copied. */
function copy(target: Buffer, parts: readonly Uint8Array[]): number {
  let at = 0;
  for (const part of parts) {
    target.set(part, at);
    at += part.length;
  }
  return at;
}

/** Puts a value of an extended attribute into what room there is, or, where that is none, only tells its length. */
function fill(target: Buffer, parts: readonly Uint8Array[]): number {
  const length = lengthWithin(parts, target.length);
  return target.length === 0 ? length : copy(target, parts);
}
