import assert from "node:assert/strict";
import { mkdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { H5FS, withMount } from "../../support/mount.ts";
import { needMount } from "../../support/need-mount.ts";
import { notRun } from "../../support/not-run.ts";
import { output } from "../../support/run.ts";
import { withSmallDisk } from "../../support/small-disk.ts";
import { isRoot } from "../../support/user.ts";

/** Longer than a mount waits after the last change before it makes the file whole. */
const IDLE_MS = 1500;

describe("a mounted file on a full disk", function () {
  this.timeout(60_000);

  it("refuses what has no room, goes on, and has all that was stored", async function () {
    needMount(this, "kernel");
    if (!isRoot) return notRun(this, "only root may mount a small file system", "excused");
    await withSmallDisk(12, async (disk) => {
      const file = join(disk, "file.h5");
      const ballast = join(disk, "ballast");
      const bytes = (i: number): Buffer => Buffer.alloc(2 ** 19, i + 1);
      let stored = 0;
      await withMount(file, { transport: "kernel", options: ["mode=a"] }, async ({ dir, log }) => {
        mkdirSync(join(dir, "d"));
        assert.throws(
          () => {
            for (; stored < 100; stored++) writeFileSync(join(dir, `d/${stored}`), bytes(stored));
          },
          { code: "ENOSPC" },
        );
        assert.ok(stored > 4, `${stored} files on a disk of 12 MiB`);
        // Not a byte is left for the checkpoint.
        assert.throws(() => writeFileSync(ballast, Buffer.alloc(2 ** 24)), { code: "ENOSPC" });
        await sleep(IDLE_MS);
        for (let i = 0; i < stored; i++) assert.ok(readFileSync(join(dir, `d/${i}`)).equals(bytes(i)));
        unlinkSync(join(dir, "d/0"));
        unlinkSync(ballast);
        await sleep(IDLE_MS);
        writeFileSync(join(dir, "d/0"), bytes(0));
        assert.equal(log().includes("defect"), false, log());
      });
      assert.match(await output(process.execPath, [H5FS, "check", file]), /no damage found/);
      await withMount(file, { transport: "kernel" }, ({ dir }) => {
        for (let i = 0; i < stored; i++) assert.ok(readFileSync(join(dir, `d/${i}`)).equals(bytes(i)));
      });
    });
  });
});
