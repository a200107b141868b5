import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { clearMount, H5FS, mountedType, TRANSPORT } from "../support/mount.ts";
import { needMount } from "../support/need-mount.ts";
import { sampleFile } from "../support/project.ts";
import { output, run } from "../support/run.ts";
import { withTempDir } from "../support/temp-dir.ts";
import { LONG } from "./long.ts";

const ROUNDS = LONG ? 25 : 4;

/** Processes that have `text` in their command line or in the name of a file they hold open. */
function processesOf(text: string): string[] {
  const found: string[] = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      const open = readdirSync(`/proc/${pid}/fd`).map((fd) => descriptor(`/proc/${pid}/fd/${fd}`));
      if (command.includes(text) || open.some((target) => target.includes(text))) {
        found.push(`${pid}: ${command}`);
      }
    } catch (error) {
      // It has ended meanwhile, is ending, or is another user's.
      assert.ok(error instanceof Error && "code" in error, String(error));
    }
  }
  return found;
}

function descriptor(path: string): string {
  try {
    return readlinkSync(path);
  } catch (error) {
    assert.ok(error instanceof Error && "code" in error, String(error));
    return "";
  }
}

/** What is left of `text` among the processes once they had a moment to end. */
async function leftovers(text: string): Promise<string[]> {
  for (let i = 0; i < 100 && processesOf(text).length > 0; i++) {
    await sleep(50);
  }
  return processesOf(text);
}

const ENDINGS: Record<string, (dir: string) => Promise<unknown>> = {
  "h5fs umount": (dir) => output(process.execPath, [H5FS, "umount", dir]),
  umount: (dir) => output(...unmountCommand(dir)),
};

function unmountCommand(dir: string): [string, string[]] {
  return process.getuid?.() === 0 ? ["umount", [dir]] : ["fusermount3", ["-u", dir]];
}

describe(`mounting in the background, ${ROUNDS} times each in a row, leaves no process, mount or descriptor`, () => {
  before(function () {
    needMount(this);
  });
  for (const [title, end] of Object.entries(ENDINGS)) {
    it(`ended by ${title}`, () =>
      withTempDir(async (dir) => {
        const file = join(dir, "remount.h5");
        const point = join(dir, "mnt");
        copyFileSync(sampleFile(), file);
        mkdirSync(point);
        // Counted after the first round: what Node.js opens once for all its children stays.
        let own = 0;
        try {
          for (let i = 0; i < ROUNDS; i++) {
            const started = await run(process.execPath, [H5FS, file, point, "-o", `transport=${TRANSPORT}`]);
            assert.equal(started.status, 0, started.stderr);
            assert.match(mountedType(point) ?? "nothing is mounted", /^fuse/);
            assert.notEqual(readdirSync(point).length, 0);
            await end(point);
            assert.equal(mountedType(point), undefined);
            if (i === 0) own = readdirSync("/proc/self/fd").length;
          }
        } finally {
          clearMount(point);
        }
        assert.deepEqual(await leftovers(dir), []);
        assert.deepEqual(readdirSync(dir).sort(), ["mnt", "remount.h5"]);
        // The pipes of a child are closed a moment after its end.
        for (let i = 0; i < 100 && readdirSync("/proc/self/fd").length > own; i++) await sleep(50);
        assert.ok(readdirSync("/proc/self/fd").length <= own);
      }));
  }
});
