import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { H5FS } from "../../support/mount.ts";
import { needMount } from "../../support/need-mount.ts";
import { output } from "../../support/run.ts";
import { withTempDir } from "../../support/temp-dir.ts";
import { withWritableMount } from "../../support/writable-mount.ts";

const SIZES = [0, 1, 127, 128, 129, 4095, 4096, 5000, 70_000, 300_000, 5_000_000];

function bytesOf(size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) % 251));
}

/** Uses files that are open, and have just been made, in every way that their names or their inodes are met. */
function useNewFiles(dir: string): unknown[] {
  const at = (name: string): string => join(dir, name);
  const seen: unknown[] = [];
  const errno = (change: () => void): string | undefined => {
    try {
      change();
      return undefined;
    } catch (error) {
      return error instanceof Error && "code" in error ? String(error.code) : "no errno";
    }
  };
  const made = (name: string, use: (fd: number) => void): void => {
    const fd = fs.openSync(at(name), "wx+", 0o640);
    fs.writeSync(fd, `the bytes of ${name}`);
    use(fd);
    fs.closeSync(fd);
  };
  fs.mkdirSync(at("d"));
  made("d/listed", () => seen.push(fs.readdirSync(at("d"))));
  made("d/read", () => seen.push(fs.readFileSync(at("d/read"), "utf8")));
  made("d/renamed", () => fs.renameSync(at("d/renamed"), at("d/moved")));
  made("d/linked", () => fs.linkSync(at("d/linked"), at("d/second")));
  made("d/taken", () =>
    seen.push(
      errno(() => fs.mkdirSync(at("d/taken"))),
      errno(() => fs.rmdirSync(at("d"))),
      errno(() => fs.openSync(at("d/taken"), "wx")),
    ),
  );
  made("d/removed", (fd) => {
    fs.unlinkSync(at("d/removed"));
    seen.push(fs.fstatSync(fd).nlink, fs.existsSync(at("d/removed")));
  });
  made("d/changed", (fd) => {
    fs.fchmodSync(fd, 0o444);
    fs.ftruncateSync(fd, 3);
    fs.futimesSync(fd, 1000, 2000.5);
    const { mode, size, mtimeMs, nlink } = fs.statSync(at("d/changed"));
    seen.push(mode, size, mtimeMs, nlink, fs.statSync(at("d")).mtimeMs >= fs.fstatSync(fd).birthtimeMs);
  });
  made("d/one", () => made("d/two", () => seen.push(fs.readdirSync(at("d")).length)));
  made("d/synced", (fd) => fs.fsyncSync(fd));
  made("d/around", () => {
    fs.renameSync(at("d"), at("e"));
    seen.push(fs.readFileSync(at("e/around"), "utf8"));
    fs.renameSync(at("e"), at("d"));
  });
  for (const size of SIZES) {
    fs.writeFileSync(at(`d/size ${size}`), bytesOf(size));
    const fd = fs.openSync(at(`d/early ${size}`), "w");
    const { ino } = fs.fstatSync(fd);
    fs.writeSync(fd, bytesOf(size));
    fs.closeSync(fd);
    seen.push(fs.statSync(at(`d/early ${size}`)).ino === ino);
  }
  return seen;
}

function contents(dir: string): unknown[] {
  return fs.readdirSync(dir).map((name) => {
    const path = join(dir, name);
    const { mode, size, nlink, mtimeMs } = fs.statSync(path);
    const time = name === "changed" ? mtimeMs : 0;
    return [name, mode, size, nlink, time, fs.readFileSync(path).toString("base64")];
  });
}

describe("new files in a mount", function () {
  this.timeout(60_000);

  for (const libver of ["earliest", "v18", "v110"]) {
    it(`are there for everybody before they are closed, and are what was written: ${libver}`, async function () {
      needMount(this, "kernel");
      await h5wasm.ready;
      await withTempDir(async (directory) => {
        const plain = join(directory, "plain");
        const file = join(directory, "file.h5");
        fs.mkdirSync(plain);
        await output(process.execPath, [H5FS, "create", "--libver", libver, file]);
        const expected = useNewFiles(plain);
        const options = { transport: "kernel", options: ["mode=r+"] } as const;
        await withWritableMount(file, options, ({ dir }) => assert.deepEqual(useNewFiles(dir), expected));
        await withWritableMount(file, options, ({ dir }) =>
          assert.deepEqual(contents(join(dir, "d")), contents(join(plain, "d"))),
        );
        const read = new h5wasm.File(file, "r");
        for (const size of SIZES) {
          const dataset = read.get(`/d/early ${size}`);
          assert.ok(dataset instanceof h5wasm.Dataset);
          assert.deepEqual([dataset.shape, dataset.attrs.NODE_TYPE?.value], [[size], "file"]);
          const { value } = dataset;
          if (size > 0) assert.ok(value instanceof Uint8Array && bytesOf(size).equals(value));
        }
        read.close();
      });
    });
  }
});
