import type { Binding, Call, Handler } from "../../../mount/libfuse/binding.ts";

/** What an operation was answered with: its number, and what went along. */
export interface Answered {
  readonly result: number;
  readonly extra: readonly unknown[];
}

const OPERATIONS = [
  "init",
  "access",
  "statfs",
  "getattr",
  "flush",
  "fsync",
  "fsyncdir",
  "readdir",
  "readlink",
  "getxattr",
  "listxattr",
  "open",
  "read",
  "release",
  "chmod",
  "chown",
  "truncate",
  "utimens",
  "mknod",
  "mkdir",
  "symlink",
  "link",
  "unlink",
  "rmdir",
  "rename",
  "removexattr",
  "setxattr",
  "create",
  "write",
] as const;

export type OperationName = (typeof OPERATIONS)[number];

/** Stands for fuse-native's binary: calls handlers as libfuse would, and keeps what they signal. */
export class FakeBinding implements Binding {
  readonly sizeof_fuse_thread_t = 64;
  readonly op_init = OPERATIONS.indexOf("init");
  readonly op_access = OPERATIONS.indexOf("access");
  readonly op_statfs = OPERATIONS.indexOf("statfs");
  readonly op_getattr = OPERATIONS.indexOf("getattr");
  readonly op_flush = OPERATIONS.indexOf("flush");
  readonly op_fsync = OPERATIONS.indexOf("fsync");
  readonly op_fsyncdir = OPERATIONS.indexOf("fsyncdir");
  readonly op_readdir = OPERATIONS.indexOf("readdir");
  readonly op_readlink = OPERATIONS.indexOf("readlink");
  readonly op_getxattr = OPERATIONS.indexOf("getxattr");
  readonly op_listxattr = OPERATIONS.indexOf("listxattr");
  readonly op_open = OPERATIONS.indexOf("open");
  readonly op_read = OPERATIONS.indexOf("read");
  readonly op_release = OPERATIONS.indexOf("release");
  readonly op_chmod = OPERATIONS.indexOf("chmod");
  readonly op_chown = OPERATIONS.indexOf("chown");
  readonly op_truncate = OPERATIONS.indexOf("truncate");
  readonly op_utimens = OPERATIONS.indexOf("utimens");
  readonly op_mknod = OPERATIONS.indexOf("mknod");
  readonly op_mkdir = OPERATIONS.indexOf("mkdir");
  readonly op_symlink = OPERATIONS.indexOf("symlink");
  readonly op_link = OPERATIONS.indexOf("link");
  readonly op_unlink = OPERATIONS.indexOf("unlink");
  readonly op_rmdir = OPERATIONS.indexOf("rmdir");
  readonly op_rename = OPERATIONS.indexOf("rename");
  readonly op_removexattr = OPERATIONS.indexOf("removexattr");
  readonly op_setxattr = OPERATIONS.indexOf("setxattr");
  readonly op_create = OPERATIONS.indexOf("create");
  readonly op_write = OPERATIONS.indexOf("write");
  readonly #answers = new Map<Call, Answered[]>();

  fuse_native_mount(): void {
    throw new TypeError("nothing is mounted here");
  }

  readonly fuse_native_signal_init = this.#keep.bind(this);
  readonly fuse_native_signal_access = this.#keep.bind(this);
  readonly fuse_native_signal_statfs = this.#keep.bind(this);
  readonly fuse_native_signal_getattr = this.#keep.bind(this);
  readonly fuse_native_signal_flush = this.#keep.bind(this);
  readonly fuse_native_signal_fsync = this.#keep.bind(this);
  readonly fuse_native_signal_fsyncdir = this.#keep.bind(this);
  readonly fuse_native_signal_readdir = this.#keep.bind(this);
  readonly fuse_native_signal_readlink = this.#keep.bind(this);
  readonly fuse_native_signal_getxattr = this.#keep.bind(this);
  readonly fuse_native_signal_listxattr = this.#keep.bind(this);
  readonly fuse_native_signal_open = this.#keep.bind(this);
  readonly fuse_native_signal_read = this.#keep.bind(this);
  readonly fuse_native_signal_release = this.#keep.bind(this);
  readonly fuse_native_signal_chmod = this.#keep.bind(this);
  readonly fuse_native_signal_chown = this.#keep.bind(this);
  readonly fuse_native_signal_truncate = this.#keep.bind(this);
  readonly fuse_native_signal_utimens = this.#keep.bind(this);
  readonly fuse_native_signal_mknod = this.#keep.bind(this);
  readonly fuse_native_signal_mkdir = this.#keep.bind(this);
  readonly fuse_native_signal_symlink = this.#keep.bind(this);
  readonly fuse_native_signal_link = this.#keep.bind(this);
  readonly fuse_native_signal_unlink = this.#keep.bind(this);
  readonly fuse_native_signal_rmdir = this.#keep.bind(this);
  readonly fuse_native_signal_rename = this.#keep.bind(this);
  readonly fuse_native_signal_removexattr = this.#keep.bind(this);
  readonly fuse_native_signal_setxattr = this.#keep.bind(this);
  readonly fuse_native_signal_create = this.#keep.bind(this);
  readonly fuse_native_signal_write = this.#keep.bind(this);

  /** Calls an operation; the answers to it, of which there must never be more than one, come into the list that is returned. */
  call(handlers: readonly Handler[], name: OperationName, ...args: readonly unknown[]): readonly Answered[] {
    const call: Call = Buffer.alloc(1);
    const answers: Answered[] = [];
    this.#answers.set(call, answers);
    const operation = OPERATIONS.indexOf(name);
    Reflect.apply(handlers[operation] ?? fail, undefined, [call, operation, ...args]);
    return answers;
  }

  #keep(call: Call, result: number, ...extra: readonly unknown[]): void {
    this.#answers.get(call)?.push({ result, extra });
  }
}

function fail(): never {
  throw new TypeError("there is no such operation");
}
