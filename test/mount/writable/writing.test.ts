import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { getExtendedAttribute } from "../../../mount/native.ts";
import { eventually } from "../../support/eventually.ts";
import { getxattrText, listxattr, setxattr } from "../../support/extended-attributes.ts";
import { H5FS, type Mount, mountFile, TRANSPORTS, type TransportName, withMount } from "../../support/mount.ts";
import { needMount } from "../../support/need-mount.ts";
import { needPython3 } from "../../support/python.ts";
import { output, run } from "../../support/run.ts";
import { removeTempDir, tempDir } from "../../support/temp-dir.ts";
import { withWritableMount } from "../../support/writable-mount.ts";

for (const transport of TRANSPORTS) {
  describe(`a file that is mounted to be written, transport ${transport}`, function () {
    this.timeout(60_000);
    promises(transport);
  });
}

/** The text of a file that is made when another is released, which libfuse does when close(2) has returned already. */
function rejected(path: string): string {
  for (let i = 0; i < 500 && !fs.existsSync(path); i++)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  return fs.readFileSync(path, "utf8");
}

function promises(transport: TransportName): void {
  const WRITABLE = { transport, options: ["mode=a"] };
  let directory: string;
  let file: string;

  beforeEach(async function () {
    needMount(this, transport);
    await h5wasm.ready;
    directory = tempDir();
    file = join(directory, "file.h5");
  });

  afterEach(() => {
    if (directory !== undefined) removeTempDir(directory);
  });

  /** The file is mounted, used and unmounted; then it is sound. */
  async function written(use: (mount: Mount) => void | Promise<void>): Promise<void> {
    await withWritableMount(file, WRITABLE, (mount) => use(mount));
  }

  /** `table`, with two columns and one row, which can have more. */
  async function makeTable(): Promise<void> {
    const csv = join(directory, "table.csv");
    fs.writeFileSync(csv, "a,b\n1.0,2\n");
    await output(process.execPath, [H5FS, "create", file]);
    await output(process.execPath, [H5FS, "cp", csv, `${file}:/`]);
  }

  it("writes what libhdf5 reads", async () => {
    const text = "a text\n".repeat(20_000);
    await written(({ dir }) => {
      fs.mkdirSync(join(dir, "group"));
      fs.writeFileSync(join(dir, "group/text.txt"), text);
      fs.writeFileSync(join(dir, "empty"), "");
      fs.linkSync(join(dir, "group/text.txt"), join(dir, "same"));
      fs.symlinkSync("group/text.txt", join(dir, "link"));
      for (let i = 0; i < 20; i++) fs.writeFileSync(join(dir, "group", `file ${i}`), `${i}`);
      fs.unlinkSync(join(dir, "group/file 7"));
      fs.renameSync(join(dir, "group/file 8"), join(dir, "moved"));
    });
    const read = new h5wasm.File(file, "r");
    const bytes = (path: string): string => {
      const dataset = read.get(path);
      assert.ok(dataset instanceof h5wasm.Dataset, path);
      assert.ok(dataset.value instanceof Uint8Array, path);
      return Buffer.from(dataset.value).toString();
    };
    assert.deepEqual([bytes("group/text.txt"), bytes("same"), bytes("link")], [text, text, text]);
    assert.deepEqual([bytes("empty"), bytes("moved"), bytes("group/file 19")], ["", "8", "19"]);
    const group = read.get("group");
    assert.ok(group instanceof h5wasm.Group);
    assert.equal(group.keys().length, 19);
    read.close();
  });

  it("keeps what was closed when the daemon is killed", async () => {
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251));
    const mount = await mountFile(file, WRITABLE);
    fs.mkdirSync(join(mount.dir, "d"));
    fs.writeFileSync(join(mount.dir, "d/closed"), bytes);
    fs.renameSync(join(mount.dir, "d/closed"), join(mount.dir, "d/renamed"));
    fs.chmodSync(join(mount.dir, "d/renamed"), 0o640);
    process.kill(mount.pid, "SIGKILL");
    await mount.ended;
    await mount.unmount().catch(() => undefined);
    await written(({ dir }) => {
      assert.ok(fs.readFileSync(join(dir, "d/renamed")).equals(bytes));
      assert.equal(fs.statSync(join(dir, "d/renamed")).mode & 0o7777, 0o640);
    });
  });

  it("has its log in another folder where it is told to, for a file with several names", async () => {
    const logs = join(directory, "logs");
    fs.mkdirSync(logs);
    await written(() => undefined);
    fs.linkSync(file, join(directory, "other.h5"));
    await assert.rejects(mountFile(file, WRITABLE), /has several names .* -o journal=DIR/);
    const options = [...WRITABLE.options, `journal=${logs}`];
    const mount = await mountFile(file, { ...WRITABLE, options });
    fs.writeFileSync(join(mount.dir, "a"), "text");
    assert.equal(fs.readdirSync(logs).length, 1);
    process.kill(mount.pid, "SIGKILL");
    await mount.ended;
    await mount.unmount().catch(() => undefined);
    await withMount(file, { ...WRITABLE, options }, ({ dir }) => {
      assert.equal(fs.readFileSync(join(dir, "a"), "utf8"), "text");
    });
    assert.deepEqual(fs.readdirSync(logs), []);
  });

  it("is refused while another program has the file", async () => {
    await written(async () => {
      const second = await run(process.execPath, [H5FS, "--mode", "r+", file, tempDir(), "-f"]);
      assert.equal(second.status, 15, second.stderr);
      const reader = await run(process.execPath, [H5FS, file, tempDir(), "-f"]);
      assert.equal(reader.status, 15, reader.stderr);
    });
  });

  it("keeps owners, times, special files and extended attributes from mount to mount", async () => {
    await written(async ({ dir }) => {
      const path = join(dir, "x");
      fs.writeFileSync(path, "x", { mode: 0o604 });
      fs.utimesSync(path, 1_234_567_890.5, 0);
      // libfuse 2 passes on both times or none, and none before 1970.
      if (transport === "kernel") await output("touch", ["-m", "-d", "@-100.25", path]);
      await output("mkfifo", [join(dir, "fifo")]);
      setxattr(path, "user.note", "grüße");
      setxattr(path, "user.bytes", Uint8Array.of(0, 255, 0));
      fs.symlinkSync("../somewhere/else", join(dir, "link"));
    });
    await written(({ dir }) => {
      const stat = fs.statSync(join(dir, "x"), { bigint: true });
      assert.deepEqual(
        [stat.mode & 0o777n, stat.atimeNs, stat.mtimeNs],
        [0o604n, 1_234_567_890_500_000_000n, transport === "kernel" ? -100_250_000_000n : 0n],
      );
      assert.ok(fs.lstatSync(join(dir, "fifo")).isFIFO());
      assert.equal(fs.readlinkSync(join(dir, "link")), "../somewhere/else");
      assert.deepEqual(listxattr(join(dir, "x")), ["user.bytes", "user.note"]);
      assert.equal(getxattrText(join(dir, "x"), "user.note"), "grüße");
      assert.deepEqual(getExtendedAttribute(join(dir, "x"), "user.bytes"), Buffer.of(0, 255, 0));
    });
  });

  it("writes into datasets through their views, element by element, or not at all", async () => {
    const made = new h5wasm.File(file, "w");
    made.create_dataset({ name: "fixed", data: Int32Array.from([1, 2, 3, 4]), shape: [2, 2] });
    made.create_dataset({ name: "rows", data: Float64Array.from([1, 2]), shape: [2], maxshape: [null], chunks: [4] });
    made.create_dataset({ name: "words", data: ["a", "bb"], dtype: "S4", shape: [2], maxshape: [null], chunks: [4] });
    made.create_dataset({ name: "lines", data: ["of two\nlines", "c"] });
    made.close();
    await written(({ dir }) => {
      const at = (name: string): string => join(dir, name);
      // Does not read back as two strings, and changes nothing.
      fs.writeFileSync(at("lines.txt"), fs.readFileSync(at("lines.txt")));
      fs.writeFileSync(at("lines.txt.new"), fs.readFileSync(at("lines.txt")));
      fs.renameSync(at("lines.txt.new"), at("lines.txt"));
      assert.throws(() => fs.appendFileSync(at("lines.txt"), "d\n"), { errno: -95 });
      const npy = fs.readFileSync(at("fixed.npy"));
      const fd = fs.openSync(at("fixed.npy"), "r+");
      // Half of the third element: the rest of it stays.
      fs.writeSync(fd, Buffer.from([5, 1]), 0, 2, npy.length - 8);
      fs.closeSync(fd);
      assert.equal(fs.readFileSync(at(".h5fs/fixed.csv"), "utf8"), "0,1\n1,2\n261,4\n");
      fs.appendFileSync(at(".h5fs/rows.csv"), "2.5\n-inf\n");
      assert.equal(fs.readFileSync(at("rows.npy")).length, 128 + 4 * 8);
      const words = `${fs.readFileSync(at("words.txt"), "utf8")}ccc\n`;
      fs.appendFileSync(at("words.txt"), "ccc\n");
      assert.equal(fs.readFileSync(at("words.txt"), "utf8"), words);
      assert.throws(() => fs.appendFileSync(at("words.txt"), "too long\n"), { code: "EINVAL" });
      assert.equal(rejected(at("words.txt.rej")), `${words}too long\n`);
      assert.throws(() => fs.writeFileSync(at("words.txt"), "much too long\n"), { code: "EINVAL" });
      assert.equal(rejected(at("words.txt.rej2")), "much too long\n");
      assert.throws(() => fs.appendFileSync(at(".h5fs/rows.csv"), "word\n"), { code: "EINVAL" });
      assert.equal(rejected(at("rows.csv.rej")), "rows\n1.0\n2.0\n2.5\n-inf\nword\n");
      assert.throws(() => fs.appendFileSync(at(".h5fs/fixed.csv"), "5,6\n"), { code: "EFBIG" });
      assert.equal(fs.readFileSync(at("words.txt"), "utf8"), words);
      assert.equal(fs.readFileSync(at(".h5fs/fixed.csv"), "utf8"), "0,1\n1,2\n261,4\n");
    });
    const read = new h5wasm.File(file, "r");
    const values = (path: string): unknown => {
      const dataset = read.get(path);
      assert.ok(dataset instanceof h5wasm.Dataset, path);
      return dataset.to_array();
    };
    assert.deepEqual(values("fixed"), [
      [1, 2],
      [261, 4],
    ]);
    assert.deepEqual(values("lines"), ["of two\nlines", "c"]);
    assert.deepEqual(values("rows"), [1, 2, 2.5, Number.NEGATIVE_INFINITY]);
    assert.match(String(values("words")), /^a,bb,ccc *$/);
    read.close();
  });

  it("has a file's own bytes around what is written into it, whatever was written into others since it was closed", async () => {
    await written(({ dir }) => {
      const [first, second] = [join(dir, "first"), join(dir, "second")];
      fs.writeFileSync(first, "A".repeat(100));
      fs.writeFileSync(second, "B".repeat(200));
      const fd = fs.openSync(first, "r+");
      fs.writeSync(fd, "y", 0);
      fs.writeSync(fd, "z", 99);
      fs.closeSync(fd);
      assert.equal(fs.readFileSync(first, "utf8"), `y${"A".repeat(98)}z`);
      fs.appendFileSync(second, "C");
      assert.equal(fs.readFileSync(second, "utf8"), `${"B".repeat(200)}C`);
    });
  });

  it("goes on where the bytes ended that were written, whatever became of them at a close in between", async () => {
    await makeTable();
    await written(async ({ dir }) => {
      const commands = 'printf "a,b\\n"; sh -c "printf \'1.50,2\\n\'"; sh -c "printf \'3.0,4\\n\'"; /bin/echo 5,6';
      await output("sh", ["-c", `(${commands}) > table.csv`], { cwd: dir });
      assert.equal(fs.readFileSync(join(dir, "table.csv"), "utf8"), "a,b\n1.5,2\n3.0,4\n5.0,6\n");
    });
  });

  it("makes a file no dataset that has other names, or is open", async () => {
    await makeTable();
    await written(({ dir }) => {
      const at = (name: string): string => join(dir, name);
      fs.writeFileSync(at("f"), "a,b\n7.0,8\n");
      fs.linkSync(at("f"), at("g"));
      fs.renameSync(at("f"), at("table.csv"));
      fs.appendFileSync(at("g"), "more");
      assert.equal(fs.readFileSync(at("table.csv"), "utf8"), "a,b\n7.0,8\nmore");
      const fd = fs.openSync(at("h"), "w");
      fs.writeSync(fd, "open");
      fs.renameSync(at("h"), at("table.csv"));
      fs.writeSync(fd, " and written");
      fs.closeSync(fd);
      assert.equal(fs.readFileSync(at("table.csv"), "utf8"), "open and written");
    });
  });

  it("knows where files are when the folders that they are in are renamed, or change places", async function () {
    await needPython3(this);
    await makeTable();
    await written(async ({ dir }) => {
      const at = (name: string): string => join(dir, name);
      fs.mkdirSync(at("a/sub"), { recursive: true });
      fs.renameSync(at("table.csv"), at("a/sub/table.csv"));
      fs.mkdirSync(at("b"));
      const fd = fs.openSync(at("a/sub/table.csv"), "w");
      fs.writeSync(fd, "nonsense");
      if (transport === "kernel") {
        await output(
          "python3",
          ["-c", `import ctypes, os\nassert ctypes.CDLL(None).renameat2(-100, b"a", -100, b"b", 2) == 0`],
          { cwd: dir },
        );
      } else {
        // libfuse 2 has no renameat2(2).
        for (const [from, to] of ["ac", "ba", "cb"]) fs.renameSync(at(from ?? ""), at(to ?? ""));
      }
      fs.mkdirSync(at("b/sub/more"));
      assert.throws(() => fs.closeSync(fd), { code: "EINVAL" });
      assert.equal(rejected(at("b/sub/table.csv.rej")), "nonsense");
      assert.deepEqual(fs.readdirSync(at("b/sub")).sort(), ["more", "table.csv", "table.csv.rej"]);
      assert.deepEqual(fs.readdirSync(at("a")), []);
    });
  });

  it("keeps a file under its own name where views are asked for", async () => {
    await withMount(file, { ...WRITABLE, options: [...WRITABLE.options, "views=csv"] }, ({ dir }) => {
      fs.writeFileSync(join(dir, "plain"), "text");
      assert.deepEqual(fs.readdirSync(dir), ["plain"]);
    });
  });

  it("says in its log why a name cannot be had, where the errno does not tell", async () => {
    const made = new h5wasm.File(file, "w");
    made.create_dataset({ name: "x", data: Int32Array.from([1, 2]) });
    made.close();
    await withMount(file, WRITABLE, async ({ dir, log }) => {
      assert.throws(() => fs.mkdirSync(join(dir, "x")), { code: "EEXIST" });
      await eventually("the log says why", () => log().includes("is shown by a view"));
      assert.match(log(), /\/x: a dataset has the name "x" in the file, and is shown by a view of it/);
    });
  });

  it("keeps a dataset's bytes when it is renamed, whatever to, and lets no new file take its name", async () => {
    const made = new h5wasm.File(file, "w");
    made.create_dataset({ name: "x", data: Float64Array.from([1, 2, 3]) });
    made.close();
    await written(async ({ dir, log }) => {
      const before = fs.readFileSync(join(dir, "x.npy"));
      assert.throws(() => fs.writeFileSync(join(dir, "x"), ""), { code: "EEXIST" });
      assert.throws(() => fs.mkdirSync(join(dir, "x")), { code: "EEXIST" });
      fs.mkdirSync(join(dir, "g"));
      fs.renameSync(join(dir, "x.npy"), join(dir, "g/y.npy"));
      fs.linkSync(join(dir, "g/y.npy"), join(dir, "z.npy"));
      assert.ok(fs.readFileSync(join(dir, "g/y.npy")).equals(before));
      assert.equal(fs.readFileSync(join(dir, ".h5fs/g/y.csv"), "utf8"), "z\n1.0\n2.0\n3.0\n");
      assert.equal(fs.statSync(join(dir, "z.npy")).ino, fs.statSync(join(dir, "g/y.npy")).ino);
      fs.unlinkSync(join(dir, "g/y.npy"));
      // An editor is to write into it.
      assert.throws(() => fs.renameSync(join(dir, "z.npy"), join(dir, "z.npy~")), { code: "EINVAL" });
      await eventually("the log says why", () => log().includes("not set aside"));
      assert.match(log(), /\/z\.npy: a dataset is not set aside as z\.npy~/);
      for (const name of ["z.old", "z.csv", "z.npy"]) {
        fs.renameSync(join(dir, fs.readdirSync(dir).find((each) => each.startsWith("z")) ?? ""), join(dir, name));
        assert.deepEqual(fs.readdirSync(dir), ["g", name]);
        assert.ok(fs.readFileSync(join(dir, name)).equals(before));
      }
    });
  });
}
