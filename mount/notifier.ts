/** A thread that writes notices to the kernel, and the replies that are to come after them. Nobody waits for it but the kernel. */
import { workerData } from "node:worker_threads";
import { Errno } from "./errno.ts";
import { type Delivery, encodeNotice } from "./kernel/notice.ts";
import { SystemCallError, writeDescriptor } from "./native.ts";
import type { NotifierSetup } from "./threads.ts";

const { device, engine, outstanding }: NotifierSetup = workerData;
const made = new Int32Array(outstanding);

/** Of a node that the kernel has forgotten, and of a request that was interrupted, it says ENOENT; the others: it is unmounted. */
const NOBODY_LISTENS: ReadonlySet<number> = new Set([Errno.ENOENT, Errno.ENODEV, Errno.ECONNABORTED, Errno.ENOTCONN]);

function write(bytes: Uint8Array): void {
  const written = writeDescriptor(device, bytes, bytes.length);
  if (written < 0 && !NOBODY_LISTENS.has(-written))
    throw new SystemCallError("write of a notice to /dev/fuse", -written);
}

engine.on("message", ({ notices, reply }: Delivery) => {
  for (const notice of notices) write(encodeNotice(notice));
  if (reply !== undefined) write(reply);
  Atomics.sub(made, 0, 1);
});
