import { closeSync, readdirSync, readlinkSync } from "node:fs";
import koffi from "koffi";
import { duplicateDescriptor } from "../native.ts";

const pollFn = koffi.load(null).func("int poll(void *fds, unsigned long nfds, int timeout)");

/** The descriptors of /dev/fuse that this process has. */
export function openDevices(): ReadonlySet<number> {
  const isDevice = (fd: string): boolean => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === "/dev/fuse";
    } catch (error) {
      // The listing's own descriptor is closed by now.
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
      throw error;
    }
  };
  return new Set(readdirSync("/proc/self/fd").filter(isDevice).map(Number));
}

/**
 * Resolves when the kernel has ended the connection (POLLERR), or `wakeup` can be read. fuse-native does not tell the first, and
 * a mount that is gone from the mount table may still have open files.
 */
export async function untilUnmounted(device: number, wakeup: number): Promise<void> {
  const POLLIN = 1;
  // libfuse closes its own as soon as it sees the end. A thread of ours may open another file under that number before poll,
  // which looks numbers up each time it wakes, has seen the end, too: it would wait for that file, for ever.
  const copy = duplicateDescriptor(device);
  const fds = Buffer.alloc(16);
  // Errors are told without being asked for; a request to be read shall not wake.
  fds.writeInt32LE(copy, 0);
  fds.writeInt32LE(wakeup, 8);
  fds.writeInt32LE(POLLIN, 12);
  await new Promise<void>((resolve, reject) => {
    pollFn.async(fds, 2, -1, (error: unknown) => {
      closeSync(copy);
      if (error === null) resolve();
      else reject(error);
    });
  });
}
