import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { CommandModule } from "yargs";
import { CommandError, EXIT } from "../src/cli/exit-status.ts";
import { unmount } from "./kernel/mount.ts";
import { mountEntry } from "./kernel/mount-table.ts";
import { getExtendedAttribute } from "./native.ts";
import { PID_ATTRIBUTE } from "./session.ts";

export const umountCommand: CommandModule<object, { dirs: string[] }> = {
  command: ["umount <dirs..>", "unmount <dirs..>"],
  describe: "Unmount, and wait until it is done",
  builder: (yargs) =>
    yargs
      .positional("dirs", { type: "string", array: true, demandOption: true, describe: "mount points" })
      .example("$0 umount mnt", "end the mount at mnt"),
  handler: async ({ dirs }) => {
    for (const dir of dirs) await umount(resolve(dir));
  },
};

async function umount(directory: string): Promise<void> {
  const entry = mountEntry(directory);
  if (entry === undefined || !entry.type.startsWith("fuse.h5fs")) {
    throw new CommandError(EXIT.notMounted, `nothing is mounted at ${directory} by h5fs`);
  }
  const pid = Number(getExtendedAttribute(directory, PID_ATTRIBUTE));
  await unmount(directory, { lazy: false });
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
