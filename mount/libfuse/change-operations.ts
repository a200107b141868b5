import { encodeText } from "../../src/format/text.ts";
import type { Timestamp } from "../../src/tree/posix-metadata.ts";
import { Errno, ErrnoError } from "../errno.ts";
import type { AttributeChange, Changes, Entry, FileSystem, Request } from "../filesystem.ts";
import type { Binding, Call, Handler } from "./binding.ts";
import type { Paths } from "./paths.ts";

/** An open file: its node has one lookup for it. */
export interface OpenFile {
  readonly nodeid: number;
  readonly handle: number;
}

/** What the operations that change something share with the others. */
export interface ChangeTools {
  readonly fs: FileSystem;
  readonly changes: Changes;
  readonly binding: Binding;
  readonly paths: Paths;
  add(operation: number, handler: Handler): void;
  /** Runs an operation, and answers with its number, or the negative errno of its exception. */
  answer(operation: string, answer: (result: number) => void, run: (request: Request) => number): void;
  file(number: number): OpenFile;
  /** The number by which fuse-native will know an open file. */
  opened(file: OpenFile): number;
}

/** "As it is", of an owner or group. */
const UNCHANGED = 0xffff_ffff;

const O_RDWR = 2;

/** libfuse renames a file so that is removed or replaced while it is open. */
const HIDDEN = ".fuse_hidden";

/** libfuse 2's operations that change something. It knows no flags of rename(2), no holes, no O_TMPFILE, and no O_APPEND. */
export function addChangeHandlers(tools: ChangeTools): void {
  const { binding: b, changes, paths, fs } = tools;
  /** An operation that is answered without anything else. */
  const plain = (
    operation: number,
    name: string,
    signal: (call: Call, result: number) => void,
    run: (request: Request, ...args: never[]) => void,
  ): void => {
    tools.add(operation, (call, _, ...args: never[]) =>
      tools.answer(
        name,
        (result) => signal(call, result),
        (request) => {
          run(request, ...args);
          return 0;
        },
      ),
    );
  };
  const setattr = (request: Request, path: string, change: AttributeChange): void => {
    changes.setattr(request, paths.resolve(request, path), change);
  };
  /** libfuse looks up what was made by itself. */
  const made = ({ nodeid }: Entry): void => fs.forget(nodeid, 1);

  plain(b.op_chmod, "chmod", b.fuse_native_signal_chmod, (request, path: string, mode: number) =>
    setattr(request, path, { mode }),
  );
  plain(b.op_chown, "chown", b.fuse_native_signal_chown, (request, path: string, uid: number, gid: number) =>
    setattr(request, path, { ...(uid !== UNCHANGED && { uid }), ...(gid !== UNCHANGED && { gid }) }),
  );
  plain(b.op_truncate, "truncate", b.fuse_native_signal_truncate, (request, path: string, low: number, high: number) =>
    setattr(request, path, { size: low + high * 2 ** 32 }),
  );
  tools.add(b.op_utimens, (call, _, path: string) => {
    const times = timesOf(call);
    tools.answer(
      "utimens",
      (result) => b.fuse_native_signal_utimens(call, result),
      (request) => {
        setattr(request, path, times);
        return 0;
      },
    );
  });
  plain(b.op_mknod, "mknod", b.fuse_native_signal_mknod, (request, path: string, mode: number, rdev: number) => {
    const { parent, name } = paths.place(request, path);
    made(changes.mknod(request, parent, name, mode, rdev));
  });
  plain(b.op_mkdir, "mkdir", b.fuse_native_signal_mkdir, (request, path: string, mode: number) => {
    const { parent, name } = paths.place(request, path);
    made(changes.mkdir(request, parent, name, mode));
  });
  plain(b.op_symlink, "symlink", b.fuse_native_signal_symlink, (request, target: string, path: string) => {
    const { parent, name } = paths.place(request, path);
    made(changes.symlink(request, parent, name, encodeText(target)));
  });
  plain(b.op_link, "link", b.fuse_native_signal_link, (request, from: string, to: string) => {
    const { parent, name } = paths.place(request, to);
    made(changes.link(request, paths.resolve(request, from), parent, name));
  });
  plain(b.op_unlink, "unlink", b.fuse_native_signal_unlink, (request, path: string) => {
    const { parent, name } = paths.place(request, path);
    changes.unlink(request, parent, name);
    paths.forget(path);
  });
  plain(b.op_rmdir, "rmdir", b.fuse_native_signal_rmdir, (request, path: string) => {
    const { parent, name } = paths.place(request, path);
    changes.rmdir(request, parent, name);
    paths.forget(path);
  });
  plain(b.op_rename, "rename", b.fuse_native_signal_rename, (request, from: string, to: string) =>
    rename(tools, request, from, to),
  );
  plain(b.op_removexattr, "removexattr", b.fuse_native_signal_removexattr, (request, path: string, name: string) =>
    changes.removexattr(request, paths.resolve(request, path), encodeText(name)),
  );
  tools.add(b.op_setxattr, (call, _, path: string, name: string, value: Buffer, _position: number, flags: number) =>
    tools.answer(
      "setxattr",
      (result) => b.fuse_native_signal_setxattr(call, result, value.buffer),
      (request) => {
        changes.setxattr(request, paths.resolve(request, path), encodeText(name), Uint8Array.from(value), flags);
        return 0;
      },
    ),
  );
  tools.add(b.op_create, (call, _, path: string, mode: number) => {
    let number = 0;
    tools.answer(
      "create",
      (result) => b.fuse_native_signal_create(call, result, number),
      (request) => {
        const { parent, name } = paths.place(request, path);
        const { entry, open } = changes.create(request, parent, name, mode, O_RDWR);
        number = tools.opened({ nodeid: entry.nodeid, handle: open.handle });
        return 0;
      },
    );
  });
  tools.add(
    b.op_write,
    (call, _, _path: string, file: number, data: Buffer, length: number, low: number, high: number) =>
      tools.answer(
        "write",
        (result) => b.fuse_native_signal_write(call, result, 0, data.buffer),
        (request) => {
          const { nodeid, handle } = tools.file(file);
          const flags = { append: false, killPrivileges: false };
          changes.write(request, nodeid, handle, low + high * 2 ** 32, data, flags)?.();
          changes.settle();
          return length;
        },
      ),
  );
}

function rename({ changes, paths }: ChangeTools, request: Request, from: string, to: string): void {
  const [source, target] = [paths.place(request, from), paths.place(request, to)];
  const flags = { noReplace: false, exchange: false, whiteout: false };
  const renameTo = (name: Uint8Array): void => {
    changes.rename(request, source.parent, source.name, target.parent, name, flags);
    paths.moved(from, to);
  };
  try {
    renameTo(target.name);
  } catch (error) {
    const name = to.slice(to.lastIndexOf("/") + 1);
    const extension = /\.[^./]*$/.exec(from)?.[0];
    const isToBeHidden = name.startsWith(HIDDEN) && extension !== undefined;
    if (!(error instanceof ErrnoError && error.errno === Errno.EINVAL && isToBeHidden)) throw error;
    // A dataset is not shown without the ending of its view.
    renameTo(encodeText(name + extension));
    paths.alias(to, to + extension);
  }
}

/**
 * The times of a utimens(2), which fuse-native tells wrongly: it gives that of access twice. They are in its structure
 * (`fuse_thread_locals_t`), in milliseconds.
 */
function timesOf(call: Call): { readonly atime: Timestamp; readonly mtime: Timestamp } {
  const time = (at: number): Timestamp => {
    const milliseconds = Number(call.readBigInt64LE(at));
    const seconds = Math.floor(milliseconds / 1000);
    return { seconds, nanoseconds: (milliseconds - seconds * 1000) * 1_000_000 };
  };
  return { atime: time(104), mtime: time(112) };
}
