import { chmodSync, statSync } from "node:fs";
import { H5FS } from "./mount.ts";
import { type RunOptions, type RunResult, run } from "./run.ts";

export const NOBODY = 65534;

export const isRoot = process.getuid?.() === 0;

/** For `spawn`: as `nobody` where the tests run as root, else as whoever runs them. */
export const userIdentity = isRoot ? { uid: NOBODY, gid: NOBODY } : {};

/** Runs a program as an ordinary user. */
export async function asUser(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  if (!isRoot) return await run(command, args, options);
  const drop = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "--"];
  return await run("setpriv", [...drop, command, ...args], options);
}

/** Whether an ordinary user may read the program under test; else why not. */
export async function whyNotAsUser(): Promise<string | undefined> {
  const { status } = await asUser("test", ["-r", H5FS]);
  return status === 0 ? undefined : `${H5FS} may not be read by others than root`;
}

/** Lets users mount, as distributions do. Returns what undoes that. */
export function openDevice(): () => void {
  if (!isRoot) return () => undefined;
  const { mode } = statSync("/dev/fuse");
  chmodSync("/dev/fuse", 0o666);
  return () => chmodSync("/dev/fuse", mode & 0o777);
}
