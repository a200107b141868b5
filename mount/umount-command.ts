import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { CommandModule } from "yargs";
import { CommandError, EXIT } from "../src/cli/exit-status.ts";
import { askMount } from "./ask-mount.ts";
import { unmount } from "./kernel/mount.ts";
import { mountPointAt } from "./mount-state.ts";
import { PID_ATTRIBUTE } from "./mount-status.ts";

export const umountCommand: CommandModule<object, { dirs: string[]; lazy: boolean }> = {
  command: ["umount <dirs..>", "unmount <dirs..>"],
  describe: "Unmount, and wait until it is done",
  builder: (yargs) =>
    yargs
      .positional("dirs", { type: "string", array: true, demandOption: true, describe: "mount points" })
      .option("lazy", {
        alias: "l",
        type: "boolean",
        default: false,
        describe: "at once, although it is in use, and without waiting for its end",
      })
      .example("$0 umount mnt", "end the mount at mnt")
      .example("$0 umount -l mnt", "take it out of the way although somebody still uses it"),
  handler: async ({ dirs, lazy }) => {
    for (const dir of dirs) await umount(dir, { lazy });
  },
};

/** Unmounts; if not lazily, waits for the daemon's end. @throws CommandError */
export async function umount(dir: string, { lazy }: { readonly lazy: boolean }): Promise<void> {
  const directory = mountPointAt(dir);
  if (directory === undefined) {
    throw new CommandError(EXIT.notMounted, `nothing is mounted at ${resolve(dir)} by h5fs`);
  }
  if (lazy) {
    await unmount(directory, { lazy });
    return;
  }
  const answer = await askMount(directory, PID_ATTRIBUTE);
  await unmount(directory, { lazy });
  const pid = answer.kind === "value" ? Number(answer.text) : Number.NaN;
  // Done means that the daemon has given everything back, and has removed the mount point if it made it.
  while (Number.isInteger(pid) && isRunning(pid)) await sleep(10);
}

/** A process that has ended stays in the table as a zombie until its parent asks for its status, which may take long. */
function isRunning(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/^[ZX]/.test(status.slice(status.lastIndexOf(")") + 2));
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) return false;
    throw error;
  }
}
