import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EXIT } from "../../src/cli/exit-status.ts";
import { H5File } from "../../src/object/file.ts";
import { H5FS } from "../support/mount.ts";
import { projectRoot, sampleFile } from "../support/project.ts";
import { run } from "../support/run.ts";
import { tempDir } from "../support/temp-dir.ts";

const check = (...args: string[]) => run(process.execPath, [H5FS, "check", ...args]);

describe("h5fs check", () => {
  it("says of a whole file that no damage was found, and ends with 0", async () => {
    const { status, stdout, stderr } = await check(sampleFile());
    assert.match(stdout.toString(), /^.*sample\.h5: no damage found; \d+ objects, \d+ extents .* not in use\n$/);
    assert.equal(stderr, "");
    assert.equal(status, EXIT.ok);
  });

  it("says what is damaged, in sentences or as JSON, and ends with the status of damage", async () => {
    const bytes = readFileSync(join(projectRoot(), "test/data/engine/continued-v2.h5"));
    const path = join(tempDir(), "damaged.h5");
    writeFileSync(path, bytes);
    const file = H5File.open(path);
    const link = [...file.root.links()].find(({ kind }) => kind === "hard");
    file.close();
    assert.ok(link?.kind === "hard");
    // A byte of a version 2 header, which its checksum covers.
    bytes[link.address + 6] = (bytes[link.address + 6] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    const plain = await check(path);
    assert.equal(plain.status, EXIT.damaged);
    const [first = "", last = ""] = plain.stdout.toString().split("\n");
    assert.match(first, new RegExp(`^damage: /${link.name}: object header at 0x[0-9a-f]+: `));
    assert.match(last, /damaged\.h5: damaged in 1 place; /);
    const json = await check("--json", path);
    assert.equal(json.status, EXIT.damaged);
    const report = JSON.parse(json.stdout.toString());
    assert.equal(report.damaged, true);
    assert.equal(report.findings[0].severity, "damage");
    assert.equal(report.findings[0].path, `/${link.name}`);
    assert.equal(report.findings[0].address, link.address);
  });
});
