import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { askMount } from "./ask-mount.ts";
import { TYPE } from "./kernel/mount.ts";
import { mountEntry } from "./kernel/mount-table.ts";
import { PID_ATTRIBUTE } from "./mount-status.ts";

/** Of h5fs, what is there. "dead": its daemon is gone, every use of it fails with ENOTCONN. "silent": it does not answer. */
export type MountState = "none" | "alive" | "dead" | "silent";

/** @param directory absolute; it is not touched where no mount of ours is, and can never hold the caller */
export async function mountState(directory: string): Promise<MountState> {
  if (!isOurs(directory)) return "none";
  const answer = await askMount(directory, PID_ATTRIBUTE);
  if (answer.kind === "silent") return "silent";
  return answer.kind === "refused" && answer.code === "ENOTCONN" ? "dead" : "alive";
}

/** The mount point of ours that is meant by a path: symlinks are followed, but the mount itself is not touched. */
export function mountPointAt(dir: string): string | undefined {
  const direct = resolve(dir);
  if (isOurs(direct)) return direct;
  // The parent first: the directory itself may be a mount that hangs or is dead.
  for (const resolved of [() => join(realpathSync(dirname(direct)), basename(direct)), () => realpathSync(direct)]) {
    try {
      const path = resolved();
      if (isOurs(path)) return path;
    } catch (error) {
      // A path that leads nowhere has nothing mounted on it.
      if (!(error instanceof Error && "code" in error)) throw error;
      return undefined;
    }
  }
  return undefined;
}

function isOurs(path: string): boolean {
  return mountEntry(path)?.type === TYPE;
}
