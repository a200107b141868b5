import assert from "node:assert/strict";
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { tableFromIPC } from "apache-arrow";
import h5wasm from "h5wasm/node";
import { H5File } from "../../src/object/file.ts";
import { fact } from "../support/extended-attributes.ts";
import { H5FS, TRANSPORTS, withMount } from "../support/mount.ts";
import { needMount } from "../support/need-mount.ts";
import { output, run } from "../support/run.ts";
import { removeTempDir, tempDir } from "../support/temp-dir.ts";

const ROWS = 60_000;
const VALUES = Int32Array.from({ length: 3 * ROWS }, (_, i) => i * 1237 - 50_000);

/** What a csv of the values is: a column for each number of a row. */
const CSV = `0,1,2\n${Array.from({ length: ROWS }, (_, i) => `${VALUES.subarray(3 * i, 3 * i + 3).join()}\n`).join("")}`;

async function writeFile(path: string): Promise<void> {
  await h5wasm.ready;
  const file = new h5wasm.File(path, "w");
  const table = { data: VALUES, shape: [ROWS, 3], chunks: [5000, 3], compression: 1 };
  file.create_dataset({ name: "table", ...table });
  file.create_dataset({ name: "damaged", ...table });
  file.create_dataset({ name: "empty", data: new Int32Array(0), shape: [0, 3], maxshape: [null, 3], chunks: [10, 3] });
  file.create_dataset({ name: "words", data: ["alpha", "", "naïve café"] });
  file.close();
  damage(path, 7);
}

/** Overwrites a chunk of /damaged. */
function damage(path: string, number: number): void {
  const file = H5File.open(path);
  const dataset = file.resolve("/damaged");
  assert.ok(dataset.kind === "dataset" && dataset.storage.kind === "chunked");
  const chunk = dataset.storage.index.find([number, 0]) ?? assert.fail("there is no such chunk");
  const offset = file.space.base + chunk.address;
  file.close();
  const fd = openSync(path, "r+");
  writeSync(fd, Buffer.alloc(100, 0xff), 0, 100, offset);
  closeSync(fd);
}

/** Reads to the end without asking for the size, as head, awk and `wc -l` do. */
function stream(path: string, step: number): { readonly text: string; readonly error: string | undefined } {
  const parts: Buffer[] = [];
  const fd = openSync(path, "r");
  try {
    for (;;) {
      const buffer = Buffer.alloc(step);
      const n = readSync(fd, buffer);
      if (n === 0) return { text: Buffer.concat(parts).toString(), error: undefined };
      parts.push(buffer.subarray(0, n));
    }
  } catch (error) {
    assert.ok(error instanceof Error && "code" in error);
    return { text: Buffer.concat(parts).toString(), error: String(error.code) };
  } finally {
    closeSync(fd);
  }
}

describe("text files of a mount", () => {
  let directory: string;
  let file: string;

  before(async function () {
    needMount(this);
    directory = tempDir();
    file = join(directory, "data.h5");
    await writeFile(file);
  });

  after(() => {
    if (directory !== undefined) removeTempDir(directory);
  });

  for (const transport of TRANSPORTS) {
    describe(`over the transport ${transport}`, () => {
      const options = [`transport=${transport}`, "index=off", "cache=4M"];

      before(function () {
        needMount(this, transport);
      });

      it("stream before their size is known, and are the same after it is", async () => {
        await withMount(file, { options }, async (mount) => {
          const path = join(mount.dir, "table.csv");
          assert.deepEqual(stream(path, 100_000), { text: CSV, error: undefined });
          assert.equal((await stat(path)).size, CSV.length);
          assert.deepEqual(stream(path, 65_536), { text: CSV, error: undefined });
          assert.equal(await readFile(path, "utf8"), CSV);
          assert.equal(fact(path, "progress"), "done");
        });
      });

      it("have one size, whoever asks first, and any of their bytes", async () => {
        await withMount(file, { options }, async (mount) => {
          const path = join(mount.dir, "table.csv");
          const sizes = await Promise.all(Array.from({ length: 8 }, async () => (await stat(path)).size));
          assert.deepEqual(new Set(sizes), new Set([CSV.length]));
          const handle = await open(path);
          for (const at of [CSV.length - 10, 1_000_000, 0, 262_143, CSV.length, CSV.length + 5]) {
            const { bytesRead, buffer } = await handle.read(Buffer.alloc(1000), 0, 1000, at);
            assert.equal(buffer.toString("utf8", 0, bytesRead), CSV.slice(at, at + 1000));
          }
          await handle.close();
        });
      });

      it("are there at once where the data are small, or there are none", async () => {
        await withMount(file, { options }, async (mount) => {
          assert.equal((await stat(join(mount.dir, "empty.csv"))).size, "0,1,2\n".length);
          assert.equal(await readFile(join(mount.dir, "words.txt"), "utf8"), "alpha\n\nnaïve café\n");
        });
      });

      it("end with an error at damage, never as if they were whole", async () => {
        await withMount(file, { options }, async (mount) => {
          const path = join(mount.dir, "damaged.csv");
          await assert.rejects(stat(path), { code: "EIO" });
          // The reader is told before the log is.
          for (let i = 0; i < 200 && !mount.log().includes("chunk 7"); i++) await sleep(20);
          assert.match(mount.log(), /damaged: chunk 7/);
        });
      });
    });
  }

  it("give the rows before damage to who streams", async () => {
    await withMount(file, { options: ["index=off"] }, (mount) => {
      const { text, error } = stream(join(mount.dir, "damaged.csv"), 100_000);
      assert.equal(error, "EIO");
      const before = CSV.split("\n", 1 + 7 * 5000).join("\n");
      assert.equal(text.trimEnd(), before);
    });
  });

  it("are what h5fs cat prints, which fails at damage, too", async () => {
    assert.equal(await output(process.execPath, [H5FS, "cat", `${file}:/table.csv`]), CSV);
    const damaged = await run(process.execPath, [H5FS, "cat", `${file}:/damaged.csv`]);
    assert.notEqual(damaged.status, 0);
    const printed = damaged.stdout.toString();
    assert.ok(printed.startsWith("0,1,2\n") && CSV.startsWith(printed));
  });

  it("have their size at once at the second mount", async () => {
    // A file changed within the last two seconds is not trusted to show the next change.
    await sleep(Math.max(0, 2100 - (Date.now() - (await stat(file)).ctimeMs)));
    const options = [`index=${join(directory, "indexes")}`];
    await withMount(file, { options }, async (mount) => {
      assert.equal((await stat(join(mount.dir, "table.csv"))).size, CSV.length);
    });
    await withMount(file, { options }, async (mount) => {
      const path = join(mount.dir, "table.csv");
      // The attributes come with the look-up: no pass was begun.
      assert.equal((await stat(path)).size, CSV.length);
      assert.equal(fact(path, "progress"), "done");
      assert.equal(await readFile(path, "utf8"), CSV);
    });
  });

  it("has the size of an Arrow file without a pass, and reads the parts of it that can be read", async () => {
    await withMount(file, {}, async (mount) => {
      for (const name of ["table", "empty"]) {
        const path = join(mount.dir, `${name}.arrow`);
        const { size } = await stat(path);
        assert.throws(() => fact(path, "progress"), { code: "ENODATA" });
        const bytes = await readFile(path);
        assert.equal(bytes.length, size);
        const table = tableFromIPC(bytes);
        const rows = name === "table" ? ROWS : 0;
        assert.equal(table.numRows, rows);
        assert.deepEqual(
          table.schema.fields.map((field) => field.name),
          ["0", "1", "2"],
        );
        const column = Int32Array.from({ length: rows }, (_, i) => VALUES[3 * i + 1] ?? 0);
        if (rows > 0) assert.deepEqual(table.getChildAt(1)?.toArray(), column);
      }

      const damaged = await open(join(mount.dir, "damaged.arrow"));
      const whole = await readFile(join(mount.dir, "table.arrow"));
      const part = Buffer.alloc(4096);
      for (const offset of [100, 100_000]) {
        await damaged.read(part, 0, part.length, offset);
        assert.equal(Buffer.compare(part, whole.subarray(offset, offset + part.length)), 0);
      }
      await assert.rejects(damaged.readFile(), /EIO/);
      await damaged.close();
      assert.match(fact(join(mount.dir, "damaged.arrow"), "problem"), /chunk/);
    });
  });
});
