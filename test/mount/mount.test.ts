import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:fs";
import { access, lstat, open, readdir, readFile, readlink, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { getExtendedAttribute } from "../../mount/native.ts";
import { fact, getxattrText, listxattr } from "../support/extended-attributes.ts";
import { SAMPLE, writeSample } from "../support/h5wasm-file.ts";
import { clearMount, H5FS, type Mount, mountFile, TRANSPORTS } from "../support/mount.ts";
import { needMount } from "../support/need-mount.ts";
import { run } from "../support/run.ts";
import { removeTempDir, tempDir } from "../support/temp-dir.ts";

/** The elements of a `.npy` file, after the header that its own length field measures. */
function npyBody(bytes: Buffer): Buffer {
  assert.equal(bytes.subarray(0, 6).toString("latin1"), "\x93NUMPY");
  return bytes.subarray(10 + bytes.readUInt16LE(8));
}

function bytesOf(array: Float64Array | Int32Array): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}

for (const transport of TRANSPORTS)
  describe(`a mounted file, transport ${transport}`, () => {
    let directory: string;
    let file: string;
    let mount: Mount;
    const at = (...parts: string[]): string => join(mount.dir, ...parts);

    before(async function () {
      needMount(this, transport);
      directory = tempDir();
      file = await writeSample(directory);
      mount = await mountFile(file, { transport });
    });

    after(async () => {
      await mount?.unmount();
      if (directory !== undefined) removeTempDir(directory);
    });

    it("lists groups as directories, datasets under one view each, links as symlinks", async () => {
      assert.deepEqual((await readdir(mount.dir)).sort(), [
        "dangling",
        "external",
        "group",
        "hard.npy",
        "other",
        "scalar.npy",
        "soft.npy",
        "words.txt",
      ]);
      assert.deepEqual((await readdir(at("group"))).sort(), ["matrix.npy", "ramp.npy"]);
      assert.equal(await readlink(at("soft.npy")), "group/ramp.npy");
      assert.equal(await readlink(at("dangling")), "nowhere");
    });

    it("gives the values that were written, chunked and compressed", async () => {
      assert.ok(npyBody(await readFile(at("group/ramp.npy"))).equals(bytesOf(SAMPLE.ramp)));
      assert.ok(npyBody(await readFile(at("group/matrix.npy"))).equals(bytesOf(SAMPLE.matrix)));
      assert.ok((await readFile(at("group/matrix.bin"))).equals(bytesOf(SAMPLE.matrix)));
      assert.equal(npyBody(await readFile(at("scalar.npy"))).readInt16LE(), 42);
      assert.equal(await readFile(at("words.txt"), "utf8"), SAMPLE.words.map((word) => `${word}\n`).join(""));
    });

    it("reads any part", async () => {
      const whole = await readFile(at("group/ramp.bin"));
      const handle = await open(at("group/ramp.bin"));
      for (const [offset, length] of [
        [1, 3],
        [5590, 30],
        [39_990, 100],
        [40_000, 5],
        [0, 40_000],
      ] as const) {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
        assert.ok(buffer.subarray(0, bytesRead).equals(whole.subarray(offset, offset + length)));
      }
      await handle.close();
    });

    it("has parts of datasets by name, in each view, also more than are planned at once", async () => {
      const ramp = [...SAMPLE.ramp];
      const parts: [string, number[]][] = [
        ["group/ramp[10:4000:700].bin", ramp.filter((_, i) => i >= 10 && i < 4000 && (i - 10) % 700 === 0)],
        ["group/ramp@-3:.bin", ramp.slice(-3)],
        ["group/ramp[[4999,0,4999]].bin", [ramp[4999] ?? 0, ramp[0] ?? 0, ramp[4999] ?? 0]],
        [".h5fs/group/ramp[::2].bin", ramp.filter((_, i) => i % 2 === 0)],
        ["soft@7.bin", ramp.slice(7, 8)],
      ];
      for (const [name, expected] of parts) {
        const bytes = await readFile(at(name));
        assert.equal((await stat(at(name))).size, bytes.length);
        assert.ok(bytes.equals(bytesOf(Float64Array.from(expected))), name);
      }
      assert.equal((await readFile(at("group/ramp@1:3.csv"), "utf8")).split("\n").length, 4);
      assert.equal(await readFile(at("words[1]"), "utf8"), `${SAMPLE.words[1]}\n`);
      assert.ok((await readFile(at("group/ramp"))).equals(await readFile(at("group/ramp.npy"))));
      await assert.rejects(stat(at("group/ramp[5000].npy")), { code: "ENOENT" });
      assert.equal(JSON.parse(await readFile(at(".attrs.json"), "utf8")).title.value, "a sample");
      assert.ok(!(await readdir(mount.dir)).includes(".h5fs"));
      assert.deepEqual((await readdir(at(".h5fs"))).sort(), (await readdir(mount.dir)).sort());
      assert.notEqual((await stat(at(".h5fs/group"))).ino, (await stat(at("group"))).ino);
      assert.equal((await stat(at(".h5fs/group/ramp.npy"))).ino, (await stat(at("group/ramp.npy"))).ino);
    });

    it("has the size that reading gives, in stat and after open", async () => {
      for (const name of ["group/ramp.npy", "group/ramp.bin", "words.txt", "words.csv", "group/matrix.csv"]) {
        const { size } = await stat(at(name));
        assert.equal(size, (await readFile(at(name))).length, name);
      }
    });

    it("gives the same bytes as h5fs cat", async () => {
      for (const name of ["group/ramp.npy", "words.txt", "group/matrix.csv", "soft.npy"]) {
        const cat = await run(process.execPath, [H5FS, "cat", `${file}:/${name}`]);
        assert.ok(cat.stdout.equals(await readFile(at(name))), name);
      }
    });

    it("knows hard links as one file", async () => {
      const [one, two] = [await stat(at("hard.npy")), await stat(at("group/ramp.npy"))];
      assert.equal(one.ino, two.ino);
      assert.equal(one.nlink, 2);
    });

    it("shows a group with two hard links as a directory and a symlink to it", async () => {
      assert.equal((await lstat(at("group"))).isDirectory(), true);
      assert.equal(await readlink(at("other")), "group");
    });

    it("keeps inode numbers from mount to mount", async () => {
      const { ino } = await stat(at("group/ramp.npy"));
      const second = await mountFile(file, { transport });
      try {
        assert.equal((await stat(join(second.dir, "group/ramp.npy"))).ino, ino);
      } finally {
        await second.unmount();
      }
    });

    it("answers each misuse with its errno", async () => {
      const misuses: [() => Promise<unknown>, string][] = [
        [() => writeFile(at("new"), "x"), "EROFS"],
        [() => open(at("words.txt"), "r+"), "EROFS"],
        [() => access(at("words.txt"), constants.W_OK), "EROFS"],
        [() => readFile(at("nothing.npy")), "ENOENT"],
        [() => readFile(at("words.png")), "ENOENT"],
        [() => readFile(at("group")), "EISDIR"],
        [() => readdir(at("words.txt")), "ENOTDIR"],
        [() => readFile(at("dangling")), "ENOENT"],
        [() => readFile(at("external")), "EIO"],
        [() => readFile(at("x".repeat(300))), "ENAMETOOLONG"],
      ];
      for (const [misuse, code] of misuses) {
        await assert.rejects(misuse, (error: NodeJS.ErrnoException) => {
          assert.equal(error.code, code, error.message);
          return true;
        });
      }
    });

    it("shows attributes as extended attributes, and facts when asked", () => {
      const { dir } = mount;
      assert.deepEqual(listxattr(dir), ["user.title"]);
      assert.equal(getxattrText(dir, "user.title"), "a sample");
      assert.equal(getxattrText(join(dir, "group"), "user.numbers"), "[1, 2, 3]");
      const ramp = join(dir, "group/ramp.npy");
      assert.deepEqual([fact(ramp, "shape"), fact(ramp, "chunks")], ["(5000,)", "(700,)"]);
      const problem = "the link leads into another file, elsewhere.h5, which does not exist";
      assert.equal(fact(join(dir, "external"), "problem"), problem);
      assert.throws(() => getExtendedAttribute(dir, "user.none"), { code: "ENODATA" });
    });

    it("ends on SIGTERM although a file is open, with status 0, and leaves nothing", async () => {
      const second = await mountFile(file, { transport });
      const handle = await open(join(second.dir, "group/ramp.npy"));
      process.kill(second.pid, "SIGTERM");
      assert.equal(await second.ended, "exit status 0");
      await assert.rejects(handle.read(Buffer.alloc(1), 0, 1, 20_000), { code: "ENOTCONN" });
      await assert.rejects(handle.close(), { code: "ENOTCONN" });
      await second.unmount();
    });

    it("is served until the last file is closed where it is unmounted lazily", async () => {
      const second = await mountFile(file, { transport });
      const handle = await open(join(second.dir, "group/ramp.bin"));
      clearMount(second.dir);
      assert.equal((await handle.read(Buffer.alloc(16), 0, 16, 800)).bytesRead, 16);
      await handle.close();
      assert.equal(await second.ended, "exit status 0");
      await second.unmount();
    });

    it("takes the place of a mount whose daemon was killed", async () => {
      const dir = tempDir();
      try {
        const dead = await mountFile(file, { transport, dir });
        process.kill(dead.pid, "SIGKILL");
        assert.equal(await dead.ended, "SIGKILL");
        await assert.rejects(readdir(dir), { code: "ENOTCONN" });
        // Not by mountFile, which would take the dead mount for the new one.
        const mounting = await run(process.execPath, [H5FS, file, dir, "-o", `transport=${transport}`]);
        assert.equal(mounting.status, 0, mounting.stderr);
        assert.equal((await stat(join(dir, "group/ramp.bin"))).size, SAMPLE.ramp.byteLength);
        assert.equal((await run(process.execPath, [H5FS, "umount", dir])).status, 0);
      } finally {
        clearMount(dir);
        removeTempDir(dir);
      }
    });

    it("ends when it is unmounted by umount", async () => {
      const child = spawn(process.execPath, [H5FS, file, "-o", `transport=${transport}`], { stdio: "ignore" });
      assert.deepEqual(await once(child, "exit"), [0, null]);
      const inferred = join(directory, "sample");
      assert.deepEqual((await readdir(join(inferred, "group"))).length, 2);
      assert.equal((await run(process.execPath, [H5FS, "umount", inferred])).status, 0);
      await assert.rejects(stat(inferred), { code: "ENOENT" });
    });
  });
