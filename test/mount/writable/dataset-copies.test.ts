import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { EditableFile } from "../../../src/object/editable-file.ts";
import { fact } from "../../support/extended-attributes.ts";
import { H5FS, type Mount, mountFile } from "../../support/mount.ts";
import { needMount } from "../../support/need-mount.ts";
import { projectRoot } from "../../support/project.ts";
import { output } from "../../support/run.ts";
import { removeTempDir, tempDir } from "../../support/temp-dir.ts";

const ROWS = Array.from({ length: 300 }, (_, i) => ({ id: i, x: i % 2, name: `row ${i}` }));

describe("datasets that cp copies within a mount", function () {
  this.timeout(60_000);
  let directory: string;
  let file: string;
  let mount: Mount;

  before(async function () {
    needMount(this, "kernel");
    await h5wasm.ready;
    directory = tempDir();
    file = join(directory, "file.h5");
    const made = EditableFile.open(file, { mode: "x" });
    made.createGroup("/g");
    made.attributes("/g").set("shape", [3, 4]);
    made.createDataset("/g/words", { data: ["a", "größer", "of two\nlines", ""] });
    made.createDataset("/g/words1", { data: ["a", "b"], maxShape: [null] });
    made.createDataset("/g/flags", { data: [true, false] });
    made.attributes("/g/flags").set("unit", "none");
    made.createDataset("/g/grid", {
      dtype: "float32",
      data: Float32Array.from({ length: 600 }, (_, i) => i / 3),
      shape: [20, 30],
      chunks: [7, 8],
      filters: ["shuffle", { gzip: 6 }],
    });
    made.createDataset("/g/leads", { dtype: "reference", data: [null, null, null] });
    made.dataset("/g/leads").write("all", ["/g/words", "/g/leads", null]);
    const columns = [
      ["id", "int16"],
      ["x", "float32"],
      ["name", "S8"],
    ] as const;
    made.createDataset("/g/table", { dtype: columns, data: ROWS, as: "Table" });
    made.close();
    mount = await mountFile(file, { transport: "kernel", options: ["mode=r+"] });
  });

  after(async () => {
    await mount?.unmount();
    if (directory !== undefined) removeTempDir(directory);
  });

  const at = (name: string): string => join(mount.dir, name);

  it("are datasets like them, with the attributes that are copied, and the same files", async () => {
    await output("cp", ["-a", at("g"), at("all")]);
    await output("cp", ["-r", at("g"), at("plain")]);
    for (const copy of ["all", "plain"]) {
      assert.deepEqual(fs.readdirSync(at(copy)).sort(), fs.readdirSync(at("g")).sort());
      for (const name of fs.readdirSync(at("g"))) {
        assert.deepEqual(fs.readFileSync(at(`${copy}/${name}`)), fs.readFileSync(at(`g/${name}`)), name);
      }
    }
    const { ino } = fs.statSync(at("all/words1.txt"));
    fs.appendFileSync(at("all/words1.txt"), "c\n");
    assert.equal(fs.statSync(at("all/words1.txt")).ino, ino);
    fs.renameSync(at("all/grid.npy"), at("all/moved.npy"));
    fs.unlinkSync(at("plain/table.csv"));
    assert.equal(fs.existsSync(at("plain/table.csv")), false);
  });

  it("are files to any program: what does not fit makes them files again", async () => {
    const copy = at("files");
    await output("cp", ["-r", at("g"), copy]);
    const type = fact(join(copy, "table.csv"), "dtype");
    const text = fs.readFileSync(join(copy, "table.csv"), "utf8");
    // An edit stays one of the dataset, with its types.
    fs.writeFileSync(join(copy, "table.csv"), text.replace("row 7", "seven"));
    assert.equal(fact(join(copy, "table.csv"), "dtype"), type);
    const texts: Record<string, string> = {
      "table.csv": "other,columns\n1,2.50\n",
      "words.txt": "no line end",
      "grid.npy": "no array",
    };
    for (const [name, other] of Object.entries(texts)) {
      fs.writeFileSync(join(copy, name), other);
      assert.equal(fs.readFileSync(join(copy, name), "utf8"), other);
      fs.renameSync(join(copy, name), join(copy, `${name}.bak`));
      assert.equal(fs.readFileSync(join(copy, `${name}.bak`), "utf8"), other);
    }
    await output("cp", [at("g/table.csv"), join(copy, "table.csv")]);
    fs.writeFileSync(join(copy, "new"), "a,b\n1,x\n");
    fs.renameSync(join(copy, "new"), join(copy, "table.csv"));
    assert.equal(fs.readFileSync(join(copy, "table.csv"), "utf8"), "a,b\n1,x\n");
    assert.deepEqual(
      fs.readdirSync(copy).filter((name) => name.includes("rej")),
      [],
    );
  });

  it("have the types of PyTables, times beside arrays too", async () => {
    const tables = join(directory, "tables.h5");
    fs.copyFileSync(join(projectRoot(), "test/data/pytables/meaning.h5"), tables);
    const other = await mountFile(tables, { transport: "kernel", options: ["mode=r+"] });
    try {
      const type = fact(join(other.dir, "table.csv"), "dtype");
      await output("cp", ["-a", join(other.dir, "table.csv"), join(other.dir, "copy.csv")]);
      await output("cp", [join(other.dir, "table.csv"), join(other.dir, "plain.csv")]);
      for (const name of ["copy.csv", "plain.csv"]) assert.equal(fact(join(other.dir, name), "dtype"), type, name);
    } finally {
      await other.unmount();
    }
  });

  it("are files where they have other names, or other bytes", async () => {
    await output("cp", [at("g/flags.npy"), at("flags.npy.bak")]);
    await output("sh", ["-c", 'cp "$1" "$2" && echo more >>"$2"', "sh", at("g/words.txt"), at("more.text")]);
    assert.deepEqual(fs.readFileSync(at("flags.npy.bak")), fs.readFileSync(at("g/flags.npy")));
    assert.match(fs.readFileSync(at("more.text"), "utf8"), /lines\n\nmore\n$/);
  });

  it("are what libhdf5 reads", async () => {
    assert.equal(mount.log().includes("defect"), false, mount.log());
    await mount.unmount();
    assert.match(await output(process.execPath, [H5FS, "check", file]), /no damage found/);
    const read = new h5wasm.File(file, "r");
    const dataset = (path: string) => {
      const object = read.get(path);
      assert.ok(object instanceof h5wasm.Dataset, path);
      return object;
    };
    const facts = (path: string): unknown => {
      const { metadata, filters, value } = dataset(path);
      return { metadata, filters, value };
    };
    const opened = EditableFile.open(file);
    const { datatype } = opened.dataset("/all/leads").dataset;
    opened.close();
    // Each to what the one in "/g" leads to, also to that one itself.
    assert.equal(datatype.class, "reference");
    const shown = (path: string): Promise<string> => output(process.execPath, [H5FS, "cat", `${file}:${path}.json`]);
    assert.equal(await shown("/all/leads"), await shown("/g/leads"));
    for (const name of ["words", "flags", "table"]) assert.deepEqual(facts(`/all/${name}`), facts(`/g/${name}`));
    for (const name of ["words", "words1", "flags", "grid"]) {
      assert.deepEqual(facts(`/plain/${name}`), facts(`/g/${name}`));
    }
    assert.deepEqual(facts("/all/moved"), facts("/g/grid"));
    assert.deepEqual(dataset("/all/words1").value, ["a", "b", "c"]);
    const names = (path: string): string[] =>
      Object.keys(dataset(path).attrs).filter((name) => !name.startsWith("H5FS_"));
    // What PyTables knows a table by belongs to its data.
    for (const path of ["/all/table", "/all/flags"]) assert.deepEqual(names(path), names(path.replace("all", "g")));
    assert.deepEqual(names("/plain/flags"), []);
    const group = read.get("/all");
    assert.ok(group instanceof h5wasm.Group);
    assert.deepEqual([group.attrs.shape?.dtype, group.attrs.shape?.shape], ["<q", [2]]);
    assert.ok(read.get("/flags.npy.bak") instanceof h5wasm.Dataset);
    read.close();
  });
});
