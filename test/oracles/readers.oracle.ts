import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { H5FS, TRANSPORT, whyNoMount, withMount } from "../support/mount.ts";
import { notRun } from "../support/not-run.ts";
import { projectRoot } from "../support/project.ts";
import { python } from "../support/python.ts";
import { output, run } from "../support/run.ts";
import { withTempDir } from "../support/temp-dir.ts";
import { LONG } from "./long.ts";

const SCRIPT = join(projectRoot(), "test/oracles/readers.py");
const READERS = 100;
const SECONDS = LONG ? 300 : 20;

/** What readers.py prints: before and after, or most and after; memory in KiB, the most of each quarter of the time. */
interface Report {
  readonly operations: number;
  readonly kinds: Readonly<Record<string, number>>;
  readonly wrong: readonly string[];
  readonly descriptors: readonly [number, number];
  readonly threads: readonly [number, number];
  readonly memory: readonly [number, number, number, number];
}

describe(`${READERS} readers at once for ${SECONDS} s, over the transport ${TRANSPORT}`, () => {
  it("read no wrong byte, and leave the daemon no larger and with no more descriptors", async function () {
    this.timeout(1000 * SECONDS + 240_000);
    const interpreter = python();
    const why = whyNoMount();
    if (interpreter === undefined) return notRun(this, "no oracle Python; npm run test:oracles makes one");
    if (why !== undefined) return notRun(this, why);
    await withTempDir(async (dir) => {
      const file = join(dir, "readers.h5");
      await output(interpreter, [SCRIPT, "make", file]);
      // What is expected of texts is made without a mount.
      const texts: string[] = JSON.parse(
        await output(interpreter, ["-c", "import json, readers; print(json.dumps(readers.TEXTS))"], {
          env: { ...process.env, PYTHONPATH: join(projectRoot(), "test/oracles"), PYTHONDONTWRITEBYTECODE: "1" },
        }),
      );
      for (const [i, name] of texts.entries()) {
        const { status, stdout, stderr } = await run(process.execPath, [H5FS, "cat", `${file}:/${name}`]);
        assert.equal(status, 0, stderr);
        writeFileSync(join(dir, `${i}`), stdout);
      }
      await withMount(file, { options: ["cache=64M"] }, async (mount) => {
        const args = [SCRIPT, "read", file, mount.dir, `${READERS}`, `${SECONDS}`, `${mount.pid}`, dir];
        const report: Report = JSON.parse(await output(interpreter, args, { timeout: 1000 * SECONDS + 180_000 }));
        const { wrong, memory, descriptors, threads, operations, kinds } = report;
        console.log(
          `    ${operations} operations (${Object.entries(kinds)
            .map(([kind, n]) => `${kind} ${n}`)
            .join(", ")})`,
        );
        console.log(
          `    memory by quarters ${memory.map((kib) => `${Math.round(kib / 1024)} MiB`).join(", ")}; descriptors ${descriptors.join(", then ")}; threads ${threads.join(", then ")}`,
        );
        assert.deepEqual(wrong.slice(0, 5), []);
        assert.ok(operations > READERS, `only ${operations} operations`);
        assert.ok(descriptors[1] <= descriptors[0], `descriptors grew from ${descriptors[0]} to ${descriptors[1]}`);
        const [, warm, , last] = memory;
        assert.ok(last < warm * 1.2 + 40 * 1024, `memory grew from ${warm} KiB to ${last} KiB`);
        assert.equal(mount.log().match(/defect/), null);
      });
    });
  });
});
