import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { withTempDir } from "./temp-dir.ts";

/** Runs `use` with a new file system of so many MiB, as only root may. */
export function withSmallDisk<T>(mib: number, use: (disk: string) => T | Promise<T>): Promise<T> {
  return withTempDir(async (disk) => {
    const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${mib}m`, "tmpfs", disk]);
    assert.equal(status, 0, String(stderr));
    try {
      return await use(disk);
    } finally {
      spawnSync("umount", ["-l", disk]);
    }
  });
}
