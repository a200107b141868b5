import { resolve } from "node:path";
import { describeFailure } from "../src/cli/exit-status.ts";
import { printable } from "../src/cli/printable.ts";
import { parentOf } from "./background.ts";
import { startDaemon } from "./daemon.ts";
import { openLog, standardErrorLog } from "./log.ts";
import type { MountOptions } from "./mount-options.ts";
import { serviceManager } from "./service-manager.ts";

/**
 * Mounts, and serves until the file system is unmounted or this process gets INT, TERM or HUP; then ends the process, with
 * status 0. Whoever waits for it, a command in the foreground or systemd, is told when the mount answers.
 * @throws CommandError, H5Error where it does not come to that: nothing is left mounted
 */
export async function serve(file: string, dir: string | undefined, options: MountOptions): Promise<never> {
  const parent = parentOf(process);
  const log = parent === undefined ? standardErrorLog : openLog(resolve(options.log));
  const notify = serviceManager(process.env, log);
  // A reader of our messages that goes away must not end the mount.
  process.stderr.on("error", () => undefined);
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // A second one, as of an impatient user, changes nothing that the first did not begin.
    process.on(signal, () => {
      if (stopping.signal.aborted) return;
      notify("STOPPING=1");
      stopping.abort();
    });
  }
  const daemon = await startDaemon(file, dir, options, log, stopping.signal);
  // The working directory would keep its file system busy.
  process.chdir("/");
  notify(`READY=1\nSTATUS=${printable(`${file} is mounted at ${daemon.directory}`)}`);
  parent?.mounted(daemon.directory);
  try {
    await daemon.ended;
  } catch (error) {
    // In the background nobody else hears of it.
    if (parent !== undefined) log("error", describeFailure(error));
    throw error;
  }
  log("info", `${daemon.directory} is unmounted`);
  if (!stopping.signal.aborted) notify("STOPPING=1");
  // Threads that wait in the kernel may outlive their work.
  process.exit(0);
}
