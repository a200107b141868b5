import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import koffi from "koffi";
import { CommandError, EXIT } from "../../src/cli/exit-status.ts";

/**
 * The native part of the package fuse-native 2.2.6 (fuse-native.c): libfuse 2's high-level operations, called on the main
 * thread's event loop. Its JavaScript part (index.js) is not used: that lets through a fixed list of mount options without
 * `ro` and `use_ino`, gives up a request after 15 seconds, cuts extended attributes off without ERANGE, and unmounts by a
 * shell command.
 */
export interface Binding {
  /** Bytes of `fuse_thread_t`. */
  readonly sizeof_fuse_thread_t: number;
  readonly op_init: number;
  readonly op_access: number;
  readonly op_statfs: number;
  readonly op_getattr: number;
  readonly op_flush: number;
  readonly op_fsync: number;
  readonly op_fsyncdir: number;
  readonly op_readdir: number;
  readonly op_readlink: number;
  readonly op_getxattr: number;
  readonly op_listxattr: number;
  readonly op_open: number;
  readonly op_read: number;
  readonly op_release: number;
  readonly op_chmod: number;
  readonly op_chown: number;
  readonly op_truncate: number;
  readonly op_utimens: number;
  readonly op_mknod: number;
  readonly op_mkdir: number;
  readonly op_symlink: number;
  readonly op_link: number;
  readonly op_unlink: number;
  readonly op_rmdir: number;
  readonly op_rename: number;
  readonly op_removexattr: number;
  readonly op_setxattr: number;
  readonly op_create: number;
  readonly op_write: number;
  /**
   * Mounts, starts libfuse's threads and returns.
   * @param thread `sizeof_fuse_thread_t` bytes, not to be collected as long as the process lives
   * @param allocate gives memory for a new thread of libfuse, which keeps it
   * @param handlers by number of operation
   * @param implemented by number of operation: 1 where libfuse is to call the handler
   * @throws Error without a reason; libfuse prints that to standard error
   */
  fuse_native_mount(
    directory: string,
    options: string,
    thread: Buffer,
    context: object,
    allocate: (size: number) => Buffer,
    handlers: readonly Handler[],
    implemented: Uint32Array,
  ): void;
  // Each answers a request of its operation, with 0 or more, or a negative errno.
  fuse_native_signal_init(call: Call, result: number): void;
  fuse_native_signal_access(call: Call, result: number): void;
  fuse_native_signal_statfs(call: Call, result: number, statvfs: Uint32Array): void;
  fuse_native_signal_getattr(call: Call, result: number, stat: Uint32Array): void;
  fuse_native_signal_flush(call: Call, result: number): void;
  fuse_native_signal_fsync(call: Call, result: number): void;
  fuse_native_signal_fsyncdir(call: Call, result: number): void;
  fuse_native_signal_readdir(call: Call, result: number, names: readonly string[], stats: readonly Uint32Array[]): void;
  fuse_native_signal_readlink(call: Call, result: number, target: string): void;
  /** The buffer's memory is given back, and no longer to be used. */
  fuse_native_signal_getxattr(call: Call, result: number, buffer: ArrayBufferLike): void;
  fuse_native_signal_listxattr(call: Call, result: number, buffer: ArrayBufferLike): void;
  fuse_native_signal_open(call: Call, result: number, handle: number): void;
  fuse_native_signal_read(call: Call, result: number, unused: number, buffer: ArrayBufferLike): void;
  fuse_native_signal_release(call: Call, result: number): void;
  fuse_native_signal_chmod(call: Call, result: number): void;
  fuse_native_signal_chown(call: Call, result: number): void;
  fuse_native_signal_truncate(call: Call, result: number): void;
  fuse_native_signal_utimens(call: Call, result: number): void;
  fuse_native_signal_mknod(call: Call, result: number): void;
  fuse_native_signal_mkdir(call: Call, result: number): void;
  fuse_native_signal_symlink(call: Call, result: number): void;
  fuse_native_signal_link(call: Call, result: number): void;
  fuse_native_signal_unlink(call: Call, result: number): void;
  fuse_native_signal_rmdir(call: Call, result: number): void;
  fuse_native_signal_rename(call: Call, result: number): void;
  fuse_native_signal_removexattr(call: Call, result: number): void;
  fuse_native_signal_setxattr(call: Call, result: number, buffer: ArrayBufferLike): void;
  fuse_native_signal_create(call: Call, result: number, handle: number): void;
  fuse_native_signal_write(call: Call, result: number, unused: number, buffer: ArrayBufferLike): void;
}

/** The request that a signal answers: `fuse_thread_locals_t`. */
export type Call = Buffer & { readonly __call?: never };

/** Is given the request, the number of the operation, and the operation's own arguments. */
export type Handler = (call: Call, operation: number, ...args: never[]) => void;

/** @throws CommandError where the package is not there, or has no binary for this machine */
export function loadBinding(): Binding {
  const fromHere = createRequire(import.meta.url);
  try {
    const folder = dirname(fromHere.resolve("fuse-native/package.json"));
    // The package's own libfuse serves where the system has none: loaded first, it is the one the binary finds.
    const library = process.platform === "darwin" ? "libosxfuse.dylib" : "libfuse.so";
    const path = join(folder, "prebuilds", `${process.platform}-${process.arch}`, library);
    if (existsSync(path)) koffi.load(path, { global: true });
    const fromThere = createRequire(join(folder, "package.json"));
    return fromThere("node-gyp-build")(folder);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new CommandError(
      EXIT.mountFailed,
      `the transport libfuse needs the npm package fuse-native, which does not work here (${reason}); -o transport=kernel does without`,
      error,
    );
  }
}
