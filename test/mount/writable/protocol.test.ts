import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { needMount } from "../../support/need-mount.ts";
import { needPython3 } from "../../support/python.ts";
import { output } from "../../support/run.ts";
import { withTempDir } from "../../support/temp-dir.ts";
import { withWritableMount } from "../../support/writable-mount.ts";
import { LINUX_CALLS } from "./linux-calls.ts";

describe("Linux's own calls in a file that is mounted to be written", function () {
  this.timeout(60_000);

  before(async function () {
    needMount(this, "kernel");
    await h5wasm.ready;
  });

  /** A new file is mounted, used and unmounted; then it is sound. */
  async function written(
    use: (dir: string, plain: string) => Promise<void> | void,
    read = (_file: string) => undefined,
  ) {
    await withTempDir(async (directory) => {
      const file = join(directory, "file.h5");
      const plain = join(directory, "plain");
      fs.mkdirSync(plain, { mode: 0o777 });
      const options = ["mode=w", ...(process.getuid?.() === 0 ? ["allow_other"] : [])];
      await withWritableMount(file, { transport: "kernel", options }, ({ dir }) => use(dir, plain));
      read(file);
    });
  }

  it("give what they give in a folder: renameat2, O_TMPFILE, copy_file_range, fallocate, lseek, and the loss of set-user-ID", async function () {
    await needPython3(this);
    await written(async (dir, plain) => {
      const [here, there] = [join(plain, "folder"), join(dir, "folder")];
      for (const folder of [here, there]) {
        fs.mkdirSync(folder);
        fs.chmodSync(folder, 0o777);
      }
      const calls = async (cwd: string): Promise<unknown[]> =>
        JSON.parse(await output("python3", ["-c", LINUX_CALLS], { cwd }));
      const [expected, found] = [await calls(here), await calls(there)];
      for (const [i, result] of expected.entries()) assert.deepEqual(found[i], result);
      assert.equal(found.length, expected.length);
    });
  });

  it("give up the space of what is punched out of a file, which libhdf5 reads as zeros", async () => {
    const size = 3 * 2 ** 20;
    await written(
      async (dir) => {
        const path = join(dir, "f");
        fs.writeFileSync(path, Buffer.alloc(size, "x"));
        const { blocks } = fs.statSync(path);
        await output("fallocate", ["--punch-hole", "--offset", "100000", "--length", "2000000", path]);
        const after = fs.statSync(path);
        assert.equal(after.size, size);
        assert.ok(after.blocks * 512 < blocks * 512 - 1_800_000, `${blocks} blocks became ${after.blocks}`);
        await assert.rejects(output("fallocate", ["--length", "1P", path]), /No space left on device/);
      },
      (file) => {
        const read = new h5wasm.File(file, "r");
        const dataset = read.get("f");
        assert.ok(dataset instanceof h5wasm.Dataset);
        const expected = Buffer.alloc(size, "x");
        expected.fill(0, 100_000, 2_100_000);
        assert.ok(dataset.value instanceof Uint8Array && Buffer.from(dataset.value).equals(expected));
        read.close();
        return undefined;
      },
    );
  });

  it("take nothing that was mapped and written for a hole", async function () {
    await needPython3(this);
    const mapped = `
import mmap, os
with open("f", "r+b") as f:
    m = mmap.mmap(f.fileno(), 0)
    m[3 << 20] = 1
    reader = os.open("f", os.O_RDONLY)
    assert os.lseek(reader, 0, os.SEEK_DATA) <= 3 << 20
    f.close()
    assert os.lseek(reader, 0, os.SEEK_DATA) <= 3 << 20
    m.close()
    assert os.lseek(reader, 0, os.SEEK_DATA) <= 3 << 20
`;
    await written(async (dir) => {
      fs.writeFileSync(join(dir, "f"), "");
      fs.truncateSync(join(dir, "f"), 8 << 20);
      await output("python3", ["-c", mapped], { cwd: dir });
      await output("cp", ["--sparse=always", join(dir, "f"), join(dir, "copy")]);
      assert.ok(fs.readFileSync(join(dir, "copy")).equals(fs.readFileSync(join(dir, "f"))));
    });
  });
});
