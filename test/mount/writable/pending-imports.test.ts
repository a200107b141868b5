import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import h5wasm from "h5wasm/node";
import { floatType } from "../../../src/object/datatypes.ts";
import { encodeNpyHeader } from "../../../src/view/npy.ts";
import { eventually } from "../../support/eventually.ts";
import { fact } from "../../support/extended-attributes.ts";
import { type Mount, mountFile } from "../../support/mount.ts";
import { needMount } from "../../support/need-mount.ts";
import { removeTempDir, tempDir } from "../../support/temp-dir.ts";
import { withWritableMount } from "../../support/writable-mount.ts";

const CSV = "n,text,x\n1,one,1.50\n2,two,2.25\n";
/** It would be shown with decimals of its own. */
const NONE = "a\n1.50\n2.5\n";

const VALUES = Float64Array.from({ length: 2 ** 20 }, (_, i) => i / 3);
const NPY = Buffer.concat([encodeNpyHeader(floatType(8), [VALUES.length]), new Uint8Array(VALUES.buffer)]);

describe("files that were to become datasets when the daemon was killed", function () {
  this.timeout(60_000);
  let directory: string;
  let file: string;

  beforeEach(async function () {
    needMount(this, "kernel");
    await h5wasm.ready;
    directory = tempDir();
    file = join(directory, "file.h5");
  });

  afterEach(() => {
    if (directory !== undefined) removeTempDir(directory);
  });

  const setup = (...options: string[]) => ({
    transport: "kernel" as const,
    options: ["mode=a", ...options],
    env: { ...process.env, XDG_CACHE_HOME: join(directory, "cache") },
  });

  async function killed(use: (mount: Mount) => Promise<void> | void): Promise<void> {
    const mount = await mountFile(file, setup());
    await use(mount);
    process.kill(mount.pid, "SIGKILL");
    await mount.ended;
    await mount.unmount().catch(() => undefined);
  }

  function write(dir: string): void {
    fs.mkdirSync(join(dir, "folder"));
    fs.writeFileSync(join(dir, "folder/large.npy"), NPY);
    fs.writeFileSync(join(dir, "folder/small.csv"), CSV);
    fs.writeFileSync(join(dir, "removed.csv"), CSV);
    fs.rmSync(join(dir, "removed.csv"));
  }

  const remembered = (): string[] => fs.readdirSync(join(directory, "cache/h5fs-imports"));

  it("become datasets in the next mount, without being looked for, and have the same bytes; others are not tried again", async () => {
    await withWritableMount(file, setup("import=off"), ({ dir }) => fs.writeFileSync(join(dir, "off.csv"), CSV));
    await killed(async ({ dir, log }) => {
      fs.writeFileSync(join(dir, "none.csv"), NONE);
      await eventually("it stays a file", () => log().includes("none.csv stays a file"));
      write(dir);
    });
    const log = await withWritableMount(file, setup(), async ({ dir, log }) => {
      await eventually("nothing waits", () =>
        remembered().every((name) => fs.statSync(join(directory, "cache/h5fs-imports", name)).size === 0),
      );
      assert.ok(fs.readFileSync(join(dir, "folder/large.npy")).equals(NPY));
      assert.equal(fs.readFileSync(join(dir, "folder/small.csv"), "utf8"), CSV);
      assert.equal(fact(join(dir, "folder/large.npy"), "dtype"), "float64");
      assert.equal(fact(join(dir, "off.csv"), "dtype"), "uint8");
      assert.equal(fact(join(dir, "none.csv"), "dtype"), "uint8");
      return log;
    });
    assert.equal(log().includes("stays a file"), false, log());
    assert.deepEqual(remembered(), []);
    const large = new h5wasm.File(file, "r").get("folder/large");
    assert.ok(large instanceof h5wasm.Dataset);
    assert.deepEqual(large.value, VALUES);
    assert.deepEqual(new h5wasm.File(file, "r").keys().sort(), ["folder", "none.csv", "off.csv"]);
  });

  it("stay files once the file is mounted with import=off", async () => {
    await killed(({ dir }) => write(dir));
    await withWritableMount(file, setup("import=off"), () => undefined);
    await withWritableMount(file, setup(), async ({ dir }) => {
      await sleep(500);
      assert.equal(fact(join(dir, "folder/small.csv"), "dtype"), "uint8");
    });
    assert.deepEqual(remembered(), []);
  });
});
