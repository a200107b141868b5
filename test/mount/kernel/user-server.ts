/** A program that mounts the memory file system: SOURCE DIRECTORY [OPTION...]. It says "ready", and SIGTERM unmounts. */
import { Worker } from "node:worker_threads";
import { mountKernel, unmount } from "../../../mount/kernel/mount.ts";
import { createEventFd } from "../../../mount/native.ts";
import { CommandError } from "../../../src/cli/exit-status.ts";
import type { ServerMessage, ServerSetup } from "./memory-server.ts";

const [, , source = "", directory = "", ...options] = process.argv;
try {
  const workerData: ServerSetup = {
    device: await mountKernel({ source, directory, options }),
    wakeup: createEventFd(),
  };
  const worker = new Worker(new URL("./memory-server.js", import.meta.url), { workerData });
  worker.on("message", ({ kind }: ServerMessage) => {
    if (kind === "ready") process.stdout.write("ready\n");
  });
  process.on("SIGTERM", () => void unmount(directory, { lazy: true }));
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.status;
}
