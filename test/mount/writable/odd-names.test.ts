import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { withMount } from "../../support/mount.ts";
import { needMount } from "../../support/need-mount.ts";
import { removeTempDir, tempDir } from "../../support/temp-dir.ts";
import { withWritableMount } from "../../support/writable-mount.ts";

/** As bytes, one character each. */
const NAMES = [
  "a%2Fb %2Fb a%00b % %2E %2E%2E %2525 100% 100%25 100%2525 x%2Ey %5c",
  `\xff\xfe caf\xe9 a\nb -rf ~0123456789ab ${"p".repeat(200)}~0123456789ab ${"q".repeat(242)}~0123456789ab ${"z".repeat(255)}`,
].flatMap((line) => line.split(" "));

const CALLS: Record<string, (at: Buffer, other: Buffer) => unknown> = {
  write: (at) => fs.writeFileSync(at, "text"),
  makeAgain: (at) => fs.mkdirSync(at),
  read: (at) => fs.readFileSync(at, "latin1"),
  rename: (at, other) => fs.renameSync(at, other),
  missing: (at) => fs.statSync(at),
  renameBack: (at, other) => fs.renameSync(other, at),
  link: (at, other) => fs.linkSync(at, other),
  links: (at) => fs.statSync(at).nlink,
  unlink: (_, other) => fs.unlinkSync(other),
  unlinkAll: (at) => fs.unlinkSync(at),
  symlink: (at) => fs.symlinkSync(at.subarray(at.lastIndexOf("/") + 1), at),
  readlink: (at) => fs.readlinkSync(at, "latin1"),
  unlinkSymlink: (at) => fs.unlinkSync(at),
  mkdir: (at) => fs.mkdirSync(at),
  writeInside: (at) => fs.writeFileSync(Buffer.concat([at, Buffer.from("/inside%2F")]), "inside"),
  list: (at) => fs.readdirSync(at),
};

function outcome(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : error;
  }
}

/** What every call on every name comes to in a folder, and what is there then. */
function outcomes(folder: string): unknown[] {
  const path = (name: string): Buffer => Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name, "latin1")]);
  const results = NAMES.map((name) => [
    name,
    Object.entries(CALLS).map(([what, call]) => [what, outcome(() => call(path(name), path("other")))]),
  ]);
  return [results, contents(folder)];
}

function contents(folder: string): unknown {
  return fs
    .readdirSync(folder, "latin1")
    .sort()
    .map((name) => [name, fs.readdirSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name, "latin1")]))]);
}

describe("odd names in a mount that is written", function () {
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

  it("are made, renamed and removed as in a folder, and are so in the file and at the next mount", async () => {
    const file = join(directory, "file.h5");
    const plain = join(directory, "plain");
    fs.mkdirSync(plain);
    const made = new h5wasm.File(file, "w");
    made.create_group("folder");
    made.create_dataset({ name: "x%2F", data: Int32Array.of(1, 2) });
    made.close();
    const options = { transport: "kernel", options: ["mode=r+"] } as const;
    await withWritableMount(file, options, ({ dir }) => {
      assert.deepEqual(outcomes(join(dir, "folder")), outcomes(plain));
      // What another program has made is shown by rule, until it is renamed.
      assert.deepEqual(fs.readdirSync(dir).sort(), ["folder", "x%252F.npy"]);
      fs.renameSync(join(dir, "x%252F.npy"), join(dir, "y%2Fz.npy"));
      assert.deepEqual(fs.readdirSync(dir).sort(), ["folder", "y%2Fz.npy"]);
      assert.equal(fs.readFileSync(join(dir, "y%2Fz.npy")).length, 128 + 8);
    });
    const read = new h5wasm.File(file, "r");
    for (const path of ["y%2Fz", "folder/a%2Fb", "folder/%2E%2E/inside%2F", "folder/100%25"]) {
      assert.notEqual(read.get(path), null, path);
    }
    read.close();
    await withMount(file, options, ({ dir }) => assert.deepEqual(contents(join(dir, "folder")), contents(plain)));
  });
});
