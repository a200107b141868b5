import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import h5wasm from "h5wasm/node";
import { withMount } from "../../support/mount.ts";
import { needMount } from "../../support/need-mount.ts";
import { removeTempDir, tempDir } from "../../support/temp-dir.ts";

/** Strings of so many bytes, and so many of them that the text is more than one that can be edited. */
const SIZE = 1024;
const COUNT = 17_000;
/** Where the elements of `x.npy` begin. */
const HEADER = 128;

describe("large data in a mount that can be written", function () {
  this.timeout(60_000);
  let directory: string;

  before(async function () {
    needMount(this, "kernel");
    await h5wasm.ready;
    directory = tempDir();
  });

  after(() => {
    if (directory !== undefined) removeTempDir(directory);
  });

  it("is read as text, as it is after each change, whatever else is written meanwhile", async () => {
    const file = join(directory, "file.h5");
    const values = Array.from({ length: COUNT }, (_, i) => `row ${i}`);
    const made = new h5wasm.File(file, "w");
    // h5wasm makes strings that are padded with blanks, and leaves that to its caller.
    const data = values.map((value) => value.padEnd(SIZE));
    made.create_dataset({ name: "x", data, dtype: `S${SIZE}`, chunks: [500], compression: 1 });
    made.close();
    const text = (): Buffer => Buffer.from(["x", ...values, ""].join("\n"));
    await withMount(file, { transport: "kernel", options: ["mode=r+"] }, async ({ dir, log }) => {
      const csv = join(dir, ".h5fs/x.csv");
      let files = 0;
      const makeFiles = setInterval(() => fs.writeFileSync(join(dir, `file ${files++}`), "text"), 20);
      try {
        for (const i of [0, 12_345, COUNT - 1]) {
          assert.equal((await fs.promises.stat(csv)).size, text().length);
          assert.ok((await fs.promises.readFile(csv)).equals(text()), `before element ${i} is written`);
          const npy = fs.openSync(join(dir, "x.npy"), "r+");
          values[i] = `a longer row is element ${i}`;
          const element = Buffer.alloc(SIZE, " ");
          element.write(values[i]);
          fs.writeSync(npy, element, 0, SIZE, HEADER + SIZE * i);
          fs.closeSync(npy);
          assert.ok((await head(csv, 200)).equals(text().subarray(0, 200)), `after element ${i} was written`);
        }
        assert.ok(files > 0);
      } finally {
        clearInterval(makeFiles);
      }
      // The file is made whole meanwhile, and what was freed is used again.
      await sleep(1500);
      fs.writeFileSync(join(dir, "more"), Buffer.alloc(2 ** 22, 1));
      assert.ok((await fs.promises.readFile(csv)).equals(text()), "after a checkpoint");
      const npy = await fs.promises.readFile(join(dir, "x.npy"));
      const element = npy.subarray(HEADER + SIZE * 12_345, HEADER + SIZE * 12_346);
      assert.equal(element.toString().trimEnd(), values[12_345]);
      // Its shape cannot grow.
      assert.throws(() => fs.appendFileSync(csv, "one more\n"), { code: "EFBIG" });
      assert.equal(log().includes("defect"), false, log());
    });
  });
});

/** The first bytes of a text, which is read no further. */
async function head(path: string, length: number): Promise<Buffer> {
  const file = await fs.promises.open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
