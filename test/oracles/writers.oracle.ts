import assert from "node:assert/strict";
import { chmodSync, copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, parse } from "node:path";
import { H5FS, type Mount, mountFile, whyNoMount } from "../support/mount.ts";
import { notRun } from "../support/not-run.ts";
import { projectRoot } from "../support/project.ts";
import { python } from "../support/python.ts";
import { hasCommand, run } from "../support/run.ts";
import { withTempDir } from "../support/temp-dir.ts";

/** H5FS_PAGES=update writes what the commands print into the pages. */
const MODE = process.env.H5FS_PAGES === "update" ? "update" : "check";

describe("the pages about writers (docs/writers)", () => {
  it("show what their commands print", async function () {
    const why = whyNoMount();
    const interpreter = python();
    if (why !== undefined) return notRun(this, why);
    if (interpreter === undefined) return notRun(this, "no Python with h5py");
    if (!(await hasCommand("getfattr"))) return notRun(this, "getfattr (package attr) is not installed");
    const { status } = await run(interpreter, ["-c", "import duckdb, pandas; assert pandas.__version__ >= '3'"]);
    if (status !== 0)
      return notRun(this, "Python has no duckdb, or an older pandas, which prints otherwise", "excused");
    const root = projectRoot();
    const pages = readdirSync(join(root, "docs/writers")).map((name) => join(root, "docs/writers", name));
    await withTempDir(async (dir) => {
      const programs = join(dir, "bin");
      mkdirSync(programs);
      for (const [name, words] of [
        ["h5fs", [process.execPath, H5FS]],
        ["python3", [interpreter]],
      ] as const) {
        writeFileSync(join(programs, name), `#!/bin/sh\nexec ${words.join(" ")} "$@"\n`);
        chmodSync(join(programs, name), 0o755);
      }
      const mounts: Mount[] = [];
      try {
        for (const name of readdirSync(join(root, "test/data/writers"))) {
          copyFileSync(join(root, "test/data/writers", name), join(dir, name));
          mkdirSync(join(dir, parse(name).name));
          mounts.push(await mountFile(join(dir, name), { dir: join(dir, parse(name).name) }));
        }
        const env = { ...process.env, PATH: `${programs}:${process.env.PATH}`, LC_ALL: "C.UTF-8" };
        const args = [join(root, "test/oracles/pages.py"), MODE, ...pages];
        const { stdout, stderr } = await run(interpreter, args, { cwd: dir, env, timeout: 240_000 });
        if (MODE === "check") assert.match(stdout.toString(), /^\d+ commands, 0 differ\n$/, stderr);
      } finally {
        for (const mount of mounts) await mount.unmount();
      }
    });
  });
});
