import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import h5wasm from "h5wasm/node";
import { seededRandom } from "../../storage/journal/cell-file.ts";
import { H5FS, TRANSPORTS, withMount } from "../../support/mount.ts";
import { needMount } from "../../support/need-mount.ts";
import { notRun } from "../../support/not-run.ts";
import { projectRoot } from "../../support/project.ts";
import { output } from "../../support/run.ts";
import { withSmallDisk } from "../../support/small-disk.ts";
import { withTempDir } from "../../support/temp-dir.ts";
import { isRoot } from "../../support/user.ts";
import { withWritableMount } from "../../support/writable-mount.ts";

/** Bytes of a chunk of a large file. */
const PIECE = 2 ** 20;

/** So many of them become parts of their file together; before they do, others must see them all the same. */
const AT_ONCE = 32;

/** Its space is in pages of 512 bytes: a chunk would share memory's pages with what is beside it. */
const PAGED = join(projectRoot(), "test/data/space/page.h5");

/** Longer than a mount waits after the last change before it makes the file whole. */
const IDLE_MS = 1500;

describe("large files that are written from the beginning to the end", function () {
  this.timeout(120_000);

  for (const transport of TRANSPORTS) {
    it(`have what was written, whatever else is done with them meanwhile, transport ${transport}`, async function () {
      needMount(this, transport);
      await h5wasm.ready;
      await withTempDir(async (directory) => {
        const file = join(directory, "file.h5");
        const contents = await withWritableMount(file, { transport, options: ["mode=a"] }, ({ dir }) => {
          return ["a", "b"].map((name, i) => scribble(dir, name, seededRandom(i + 1)));
        });
        const opened = new h5wasm.File(file, "r");
        for (const [i, name] of ["a", "b"].entries()) {
          const dataset = opened.get(name);
          assert.ok(dataset instanceof h5wasm.Dataset && contents[i]?.equals(Buffer.from(dataset.value as Uint8Array)));
        }
        opened.close();
      });
    });
  }

  it("are collected where the file's space is in pages that chunks would share", async function () {
    needMount(this, "kernel");
    await withTempDir(async (directory) => {
      const file = join(directory, "page.h5");
      fs.copyFileSync(PAGED, file);
      const content = Buffer.alloc(6 * PIECE + 300_000, "x");
      await withWritableMount(file, { transport: "kernel", options: ["mode=r+"] }, ({ dir }) => {
        const path = join(dir, "long");
        fs.writeFileSync(path, content);
        const fd = fs.openSync(path, "a");
        const parts = ["y", "z"].map((byte) => Buffer.alloc(2 ** 17, byte));
        for (const part of parts) fs.writeSync(fd, part);
        fs.fsyncSync(fd);
        fs.closeSync(fd);
        assert.ok(fs.readFileSync(path).equals(Buffer.concat([content, ...parts])));
      });
    });
  });

  it("are made whole when their writer pauses, who then goes on", async function () {
    needMount(this, "kernel");
    await withTempDir(async (directory) => {
      const file = join(directory, "file.h5");
      const pieces = Array.from({ length: 20 }, (_, i) => Buffer.alloc(PIECE + i, i + 1));
      await withWritableMount(file, { transport: "kernel", options: ["mode=a"] }, async ({ dir }) => {
        const fd = fs.openSync(join(dir, "x"), "w");
        for (const [i, piece] of pieces.entries()) {
          fs.writeSync(fd, piece);
          if (i === 10 || i === 14) await sleep(IDLE_MS);
        }
        fs.closeSync(fd);
        assert.ok(fs.readFileSync(join(dir, "x")).equals(Buffer.concat(pieces)));
      });
    });
  });

  it("are there as far as they were published when the daemon is killed", async function () {
    needMount(this, "kernel");
    await withTempDir(async (directory) => {
      const file = join(directory, "file.h5");
      const pieces = Array.from({ length: AT_ONCE + 12 }, (_, i) => Buffer.alloc(PIECE, i + 1));
      await assert.rejects(
        withMount(file, { transport: "kernel", options: ["mode=a"] }, ({ dir, pid }) => {
          const path = join(dir, "x");
          const fd = fs.openSync(path, "w");
          for (const piece of pieces) fs.writeSync(fd, piece);
          // As close(2) does: a descriptor that stays open keeps the test's own folder busy.
          fs.closeSync(fd);
          process.kill(pid, "SIGKILL");
        }),
      );
      await withWritableMount(file, { transport: "kernel", options: ["mode=r+"] }, ({ dir }) => {
        assert.ok(fs.readFileSync(join(dir, "x")).equals(Buffer.concat(pieces)));
      });
    });
  });

  it("are refused on a full disk, and all else stays", async function () {
    needMount(this, "kernel");
    if (!isRoot) return notRun(this, "only root may mount a small file system", "excused");
    await withSmallDisk(40, async (disk) => {
      const file = join(disk, "file.h5");
      const first = Buffer.alloc(9 * PIECE, 7);
      await withWritableMount(file, { transport: "kernel", options: ["mode=a"] }, ({ dir }) => {
        fs.writeFileSync(join(dir, "first"), first);
        const fd = fs.openSync(join(dir, "second"), "w");
        let written = 0;
        assert.throws(
          () => {
            for (; written < 100; written++) fs.writeSync(fd, Buffer.alloc(PIECE, written + 1));
          },
          { code: "ENOSPC" },
        );
        assert.ok(written >= 20, `${written} pieces on a disk of 40 MiB`);
        fs.ftruncateSync(fd, 5 * PIECE);
        fs.closeSync(fd);
        const second = fs.readFileSync(join(dir, "second"));
        for (let i = 0; i < 5; i++)
          assert.ok(second.subarray(i * PIECE, (i + 1) * PIECE).every((byte) => byte === i + 1));
        assert.ok(fs.readFileSync(join(dir, "first")).equals(first));
      });
      assert.match(await output(process.execPath, [H5FS, "check", file]), /no damage found/);
    });
  });
});

/** Some dozen calls on a file, most of which write on at its end. @returns what it has then */
function scribble(dir: string, name: string, random: () => number): Buffer {
  const path = join(dir, name);
  const pick = (n: number): number => Math.floor(random() * n);
  let model: Buffer = Buffer.alloc(0);
  let fd = fs.openSync(path, "w+");
  const write = (offset: number, bytes: Buffer): void => {
    fs.writeSync(fd, bytes, 0, bytes.length, offset);
    const end = Math.max(model.length, offset + bytes.length);
    model = Buffer.concat([model, Buffer.alloc(end - model.length)]);
    bytes.copy(model, offset);
  };
  for (let n = 0; n < 40; n++) {
    switch (n < 3 ? 0 : pick(12)) {
      case 6:
        write(pick(model.length / PIECE) * PIECE, Buffer.alloc(PIECE, 100 + n));
        break;
      case 7:
        write(pick(model.length), Buffer.alloc(1 + pick(9000), 100 + n));
        break;
      case 8: {
        const size = pick(model.length + PIECE);
        fs.ftruncateSync(fd, size);
        model = Buffer.concat([model.subarray(0, size), Buffer.alloc(Math.max(0, size - model.length))]);
        break;
      }
      case 9: {
        const at = pick(model.length);
        const there = Buffer.alloc(Math.min(3 * PIECE, model.length - at));
        assert.equal(fs.readSync(fd, there, 0, there.length, at), there.length);
        assert.ok(there.equals(model.subarray(at, at + there.length)), `bytes from ${at} on, call ${n}`);
        break;
      }
      case 10:
        fs.closeSync(fd);
        assert.equal(fs.statSync(path).size, model.length);
        fs.renameSync(path, `${path}~`);
        fs.renameSync(`${path}~`, path);
        fd = fs.openSync(path, "r+");
        break;
      case 11:
        fs.fsyncSync(fd);
        fs.writeFileSync(`${path} other`, Buffer.alloc(10, n));
        break;
      default:
        // What is in the buffer would take what is written now, too.
        fs.fsyncSync(fd);
        // The first ones make it large.
        for (let i = 0; i < 3; i++) write(model.length, Buffer.alloc(n < 3 ? 2 * PIECE : pick(2 * PIECE), n + 1 + i));
    }
    assert.equal(fs.fstatSync(fd).size, model.length, `size after call ${n}`);
  }
  fs.closeSync(fd);
  assert.ok(fs.readFileSync(path).equals(model));
  return model;
}
