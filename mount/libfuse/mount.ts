import { CommandError, EXIT } from "../../src/cli/exit-status.ts";
import { mountAdvice } from "../kernel/fusermount.ts";
import { type MountRequest, unmount } from "../kernel/mount.ts";
import { createEventFd, wakeEventFd } from "../native.ts";
import type { Binding } from "./binding.ts";
import { openDevices, untilUnmounted } from "./device.ts";
import type { Operations } from "./operations.ts";
import { captureStandardError } from "./standard-error.ts";

/** fuse-native has so many bytes for the mount point, and for the options, and cuts off what is longer. */
const MAX_TEXT = 1023;

/** What the kernel learned stays true: a day, in seconds. */
const FOREVER = 86_400;

const OPTIONS = ["nosuid", "nodev", "default_permissions", "subtype=h5fs", "use_ino", `entry_timeout=${FOREVER}`];

/** The file cannot change under a read-only mount. */
const READ_ONLY = ["ro", "kernel_cache", `attr_timeout=${FOREVER}`];

/** libfuse takes each name of a file for another file, of whose changes by the others the kernel hears nothing. */
const WRITABLE = ["attr_timeout=0", "big_writes"];

export interface LibfuseMount {
  /** Resolves when it was unmounted and nobody has a file open in it any more, or after `stopWaiting`. */
  readonly unmounted: Promise<void>;
  stopWaiting(): void;
}

/** What libfuse's threads use as long as the process lives: not to be collected. */
const held: unknown[] = [];

/**
 * Mounts; libfuse's threads call the operations from now on.
 * @throws CommandError with what libfuse said; nothing is left mounted
 */
export async function mountLibfuse(
  binding: Binding,
  operations: Operations,
  { source, directory, options }: MountRequest,
  isWritable: boolean,
): Promise<LibfuseMount> {
  const others = openDevices();
  const thread = Buffer.alloc(binding.sizeof_fuse_thread_t);
  held.push(thread, operations);
  const { handlers, implemented } = operations;
  const words = optionWords(source, [...OPTIONS, ...(isWritable ? WRITABLE : READ_ONLY), ...options]);
  checkLength(directory);
  const said = captureStandardError(() => {
    binding.fuse_native_mount(directory, words, thread, {}, allocate, handlers, implemented);
  });
  if (said.error !== undefined) {
    // libfuse may have mounted before it found that it does not know an option.
    await unmount(directory, { lazy: true });
    throw new CommandError(EXIT.mountFailed, `mounting at ${directory} failed: ${explain(said.text)}`, said.error);
  }
  process.stderr.write(said.text);
  const device = [...openDevices()].find((fd) => !others.has(fd));
  if (device === undefined) throw new TypeError("libfuse has mounted without /dev/fuse");
  const wakeup = createEventFd();
  return { unmounted: untilUnmounted(device, wakeup), stopWaiting: () => wakeEventFd(wakeup) };
}

/** Memory for a thread of libfuse. */
function allocate(size: number): Buffer {
  const memory = Buffer.alloc(size);
  held.push(memory);
  return memory;
}

/** The file's path is shown in mount tables; one that is too long loses its beginning. */
function optionWords(source: string, options: readonly string[]): string {
  const others = `-o${options.join(",")},fsname=`;
  let shown = source;
  while (Buffer.byteLength(others + escapeOption(shown)) > MAX_TEXT) shown = shown.slice(Math.ceil(shown.length / 8));
  return others + escapeOption(shown);
}

/** In libfuse's option list a comma ends an option. */
function escapeOption(value: string): string {
  return value.replace(/[\\,]/g, "\\$&");
}

function checkLength(directory: string): void {
  if (Buffer.byteLength(directory) > MAX_TEXT) {
    throw new CommandError(
      EXIT.badMountPoint,
      `the path of the mount point is longer than the ${MAX_TEXT} bytes that the transport libfuse takes`,
    );
  }
}

/** On one line, what libfuse or fusermount printed, with advice. */
function explain(text: string): string {
  const message = text
    .split("\n")
    .map((line) => line.replace(/^fuse: /, "").trim())
    .filter((line) => line !== "")
    .join("; ");
  return message === "" ? "libfuse does not say why" : `${message}${mountAdvice(message)}`;
}
