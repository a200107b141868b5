import { askMount } from "./ask-mount.ts";
import { TYPE } from "./kernel/mount.ts";
import { mountEntry } from "./kernel/mount-table.ts";
import { PID_ATTRIBUTE } from "./session.ts";

/** Of h5fs, what is there. "dead": its daemon is gone, every use of it fails with ENOTCONN. "silent": it does not answer. */
export type MountState = "none" | "alive" | "dead" | "silent";

/** @param directory absolute; it is not touched where no mount of ours is, and can never hold the caller */
export async function mountState(directory: string, timeLimit?: number): Promise<MountState> {
  if (mountEntry(directory)?.type !== TYPE) return "none";
  const answer = await askMount(directory, PID_ATTRIBUTE, timeLimit);
  if (answer.kind === "silent") return "silent";
  return answer.kind === "refused" && answer.code === "ENOTCONN" ? "dead" : "alive";
}
