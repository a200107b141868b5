import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import h5wasm from "h5wasm/node";
import { EditableFile } from "../../src/object/editable-file.ts";
import { H5File } from "../../src/object/file.ts";
import { writeSample } from "../support/h5wasm-file.ts";
import { H5FS } from "../support/mount.ts";
import { notRun } from "../support/not-run.ts";
import { projectRoot } from "../support/project.ts";
import { hasCommand, run } from "../support/run.ts";
import { assertSound } from "../support/sound.ts";
import { withTempDir } from "../support/temp-dir.ts";

/** Runs h5fs in a folder, where it must succeed without a word on standard error. */
function commandIn(cwd: string): (...args: string[]) => Promise<string> {
  return async (...args) => {
    const { status, stdout, stderr } = await run(process.execPath, [H5FS, ...args], { cwd });
    assert.equal(stderr, "");
    assert.equal(status, 0);
    return stdout.toString();
  };
}

/** What a command says on a terminal. @param isInterrupted by Ctrl-C, when it says something */
function onTerminal(command: string, cwd: string, isInterrupted: boolean): Promise<string> {
  const child = spawn("script", ["-qefc", command, "/dev/null"], { cwd, stdio: ["pipe", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    if (isInterrupted && said === "") child.stdin.write("\x03");
    said += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => resolve(said));
  });
}

describe("commands that change a file", () => {
  it("make, link, move and remove", async () => {
    await withTempDir(async (cwd) => {
      const h5fs = commandIn(cwd);
      await h5fs("create", "--user-block", "512", "new.h5");
      await h5fs("mkdir", "-p", "new.h5:/run7/raw", "new.h5:/run8");
      await h5fs("ln", "new.h5:/run7/raw", "new.h5:/run8/same");
      await h5fs("ln", "-s", "./new.h5:/run7", "new.h5:/latest");
      await h5fs("ln", "-s", "other.h5:/x", "new.h5:/elsewhere");
      await h5fs("mv", "new.h5:/run7/raw", "new.h5:/latest", "new.h5:/run8");
      await h5fs("rm", "-r", "-f", "new.h5:/run7", "new.h5:/no");
      const expected = `new.h5
├── elsewhere -> /x in other.h5
└── run8
    ├── latest -> /run7
    ├── raw
    └── same  (the same as /run8/raw)
`;
      assert.match(await h5fs("check", "new.h5"), /no damage found/);
      assert.equal(await h5fs("tree", "new.h5"), expected);
    });
  });

  it("make datasets of files, set attributes, store anew, copy and repack", async () => {
    await withTempDir(async (cwd) => {
      const h5fs = commandIn(cwd);
      const header = "{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }".padEnd(117);
      const head = Buffer.concat([Buffer.from("\x93NUMPY\x01\x00\x76\x00", "latin1"), Buffer.from(`${header}\n`)]);
      const numbers = Buffer.from(Int16Array.of(1, 4, 2, 5, 3, 6).buffer);
      writeFileSync(join(cwd, "x.npy"), Buffer.concat([head, numbers]));
      writeFileSync(join(cwd, "t.csv"), 'id,name\n1,"a,b"\n2,c\n');
      await h5fs("create", "a.h5");
      await h5fs("cp", "x.npy", "a.h5:/");
      await h5fs("cp", "--filters", "shuffle,gzip", "t.csv", "a.h5:/t");
      // However they are written: the values count.
      writeFileSync(join(cwd, "odd.csv"), 'a,b\n1.5,x\n1.50,"y"\n');
      writeFileSync(join(cwd, "odd.json"), '[ {"a":[1,2]},{ "a":[3,4]} ]');
      writeFileSync(join(cwd, "planes.txt"), "1  2\n3\t4\n\n5 6\n7 8");
      for (const name of ["odd.csv", "odd.json", "planes.txt"])
        await h5fs("cp", name, `a.h5:/${name.replace(".", "_")}`);
      // What is not there need not be replaced.
      await h5fs("cp", "-f", "x.npy", "a.h5:/new");
      await h5fs("cp", "-f", "a.h5:/new", "a.h5:/newer");
      await h5fs("mv", "-f", "a.h5:/newer", "a.h5:/newest");
      await h5fs("mv", "-f", "a.h5:/newest", "a.h5:/new");
      await h5fs("rm", "a.h5:/new");
      await h5fs("attr", "set", "-t", "int16", "a.h5:/x", "range", "[1, 6]");
      await h5fs("attr", "set", "a.h5:/x", "units", "m");
      await h5fs("attr", "set", "-t", "reference", "a.h5:/x", "table", "/t");
      const lists = '{"class": "sequence", "base": {"class": "reference", "kind": "object"}}';
      await h5fs("attr", "set", "-t", lists, "a.h5:/x", "DIMENSION_LIST", '[["/t"], ["/x", "/"]]');
      await h5fs("attr", "set", "a.h5:/x", "table", "/");
      assert.match(
        await h5fs("attrs", "a.h5:/x"),
        /^DIMENSION_LIST = \[\["\/t"\], \["\/x", "\/"\]\]\n.*\n?table = \/$/m,
      );
      await h5fs("attr", "rm", "a.h5:/x", "table", "DIMENSION_LIST");
      await h5fs("set", "chunks", "a.h5:/x", "1,_");
      await h5fs("resize", "a.h5:/t", "3");
      await h5fs("cp", "-r", "a.h5:/", "a.h5:/all");
      await h5fs("attr", "rm", "a.h5:/x", "units");
      // By the name that a mount shows.
      await h5fs("cp", "a.h5:/all/x.npy", "a.h5:/all/again");
      assert.match(await h5fs("repack", "--libver", "earliest", "a.h5"), /^a\.h5: .* was .*\n$/);
      await h5wasm.ready;
      const file = new h5wasm.File(join(cwd, "a.h5"), "r");
      const arrayAt = (path: string): unknown => {
        const found = file.get(path);
        assert.ok(found instanceof h5wasm.Dataset);
        return found.to_array();
      };
      assert.deepEqual(arrayAt("odd_csv"), [
        [1.5, "x"],
        [1.5, "y"],
      ]);
      assert.deepEqual(arrayAt("odd_json"), [[[1, 2]], [[3, 4]]]);
      assert.deepEqual(arrayAt("planes_txt"), [
        [
          [1, 2],
          [3, 4],
        ],
        [
          [5, 6],
          [7, 8],
        ],
      ]);
      const dataset = (path: string) => {
        const found = file.get(path);
        assert.ok(found instanceof h5wasm.Dataset);
        return found;
      };
      assert.deepEqual(dataset("/x").to_array(), [
        [1, 2, 3],
        [4, 5, 6],
      ]);
      assert.deepEqual(dataset("/x").metadata.chunks, [1, 3]);
      assert.deepEqual(Object.keys(dataset("/x").attrs), ["range"]);
      assert.deepEqual(dataset("/all/x").attrs.range?.value, Int16Array.of(1, 6));
      assert.equal(dataset("/all/x").attrs.units?.value, "m");
      assert.equal(dataset("/all/again").attrs.units?.value, "m");
      assert.match(inspect(dataset("/all/t").to_array()), /^\[ \[ 1n?, 'a,b' \], \[ 2n?, 'c' \], \[ 0n?, '' \] \]$/);
      file.close();
    });
  });

  it("make a table with strings of any length in a file with addresses of 4 bytes, which libhdf5 reads", async () => {
    await withTempDir(async (cwd) => {
      const path = join(cwd, "small.h5");
      writeFileSync(path, readFileSync(join(projectRoot(), "test/data/engine/sizes-4-4.h5")));
      const long = "y".repeat(2000);
      writeFileSync(join(cwd, "t.csv"), `id,name\n1,${long}\n${"2,x\n".repeat(20)}`);
      await commandIn(cwd)("cp", "t.csv", "small.h5:/t");
      await h5wasm.ready;
      const file = new h5wasm.File(path, "r");
      const table = file.get("t");
      assert.ok(table instanceof h5wasm.Dataset);
      assert.match(inspect(table.slice([[0, 1]]), { maxStringLength: 3000 }), new RegExp(`'${long}'`));
      file.close();
    });
  });

  it("show on a terminal how far they are, and leave the file whole when Ctrl-C ends them", async function () {
    if (!(await hasCommand("script"))) return notRun(this, "no script(1), which makes a terminal");
    await withTempDir(async (cwd) => {
      const path = join(cwd, "a.h5");
      const made = EditableFile.open(path, { mode: "x" });
      made.createGroup("/g");
      const shape = [30_000, 16];
      const x = made.createDataset("/g/x", { dtype: "uint8", shape, maxShape: [null, 16], chunks: [1, 16] });
      x.write("all", 7);
      made.close();
      const rowsAfter = async (words: string, isInterrupted: boolean): Promise<number | undefined> => {
        const told = await onTerminal(`${process.execPath} ${H5FS} ${words}`, cwd, isInterrupted);
        assert.match(told, / in \d+\.\d s, .*\/g/);
        const file = H5File.open(path);
        assertSound(file);
        const found = file.root.link("g") === undefined ? undefined : file.resolve("/g/x");
        file.close();
        return found?.kind === "dataset" ? found.dims[0] : undefined;
      };
      assert.equal(await rowsAfter("resize a.h5:/g/x 10,_", true), 30_000);
      assert.equal(await rowsAfter("rm -r a.h5:/g", true), 30_000);
      assert.equal(await rowsAfter("rm -r a.h5:/g", false), undefined);
    });
  });

  it("tell in one sentence what cannot be done, and change nothing", async () => {
    await withTempDir(async (cwd) => {
      const path = await writeSample(cwd);
      const before = readFileSync(path);
      const fails: readonly (readonly [number, RegExp, ...string[]])[] = [
        [32, /sample\.h5: there is such a file already/, "create", "sample.h5"],
        [30, /\/no: there is no such link; "h5fs tree sample\.h5" shows/, "mkdir", "sample.h5:/no/x"],
        [30, /\/group is a group: h5fs rm -r removes it/, "rm", "sample.h5:/group"],
        [2, /cannot be moved into itself/, "mv", "sample.h5:/group", "sample.h5:/group/x"],
        [2, /are two files/, "mv", "sample.h5:/words", "b.h5:/words"],
        [10, /^h5fs: no\.npy: there is no such file$/m, "cp", "no.npy", "sample.h5:/x"],
        [12, /^h5fs: \/: is a directory, not an HDF5 file$/m, "mkdir", "/:/x"],
        [0, /^$/, "rm", "-r", "--dry-run", "sample.h5:/group"],
      ];
      for (const [status, message, ...args] of fails) {
        const result = await run(process.execPath, [H5FS, ...args], { cwd });
        assert.match(result.stderr, message);
        assert.equal(result.status, status, result.stderr);
      }
      assert.deepEqual(readFileSync(join(cwd, "sample.h5")), before);
    });
  });
});
