import assert from "node:assert/strict";
import { copyFileSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { RangeReader } from "../../src/chunk/read-range.ts";
import type { EditContext } from "../../src/format/edit-context.ts";
import { setAttribute } from "../../src/object/attribute-edit.ts";
import { Dataset } from "../../src/object/dataset.ts";
import { floatType } from "../../src/object/datatypes.ts";
import { H5File } from "../../src/object/file.ts";
import { Group } from "../../src/object/group.ts";
import { addLink, changeLinkCount, removeLink } from "../../src/object/link-edit.ts";
import { createGroup } from "../../src/object/new-object.ts";
import { unlink } from "../../src/object/unlink.ts";
import { WritableFile } from "../../src/object/writable-file.ts";
import { createContiguousDataset } from "../support/contiguous-dataset.ts";
import { writeSample } from "../support/h5wasm-file.ts";
import { projectRoot } from "../support/project.ts";
import { assertSound, assertSoundAt } from "../support/sound.ts";
import { withTempDir } from "../support/temp-dir.ts";

const NOW = 1_700_000_000;

const float64 = floatType(8);

const values = (n: number): Float64Array => Float64Array.from({ length: n }, (_, i) => i / 4 - 3);

/** A folder of new things in the root group: a dataset, an empty one, a scalar, links of each kind. */
function build(path: string): void {
  const file = WritableFile.open(path);
  const link = { creationOrder: undefined, charset: "utf-8" } as const;
  file.transaction(({ file: now, edit }) => {
    const group = createGroup(edit, NOW);
    addLink(edit, now.root.address, { ...link, kind: "hard", name: "näw", address: group });
    const inner = createGroup(edit, NOW);
    addLink(edit, group, { ...link, kind: "hard", name: "inner", address: inner });
    const dims = [100, 30];
    const matrix = createContiguousDataset(
      edit,
      {
        datatype: float64,
        dataspace: { kind: "simple", dims, maxDims: dims, maxDimsStored: true },
        data: new Uint8Array(values(3000).buffer),
      },
      NOW,
    );
    addLink(edit, inner, { ...link, kind: "hard", name: "matrix", address: matrix });
    addLink(edit, group, { ...link, kind: "hard", name: "same", address: matrix });
    assert.equal(changeLinkCount(edit, matrix, 1), 2);
    const scalar = createContiguousDataset(
      edit,
      {
        datatype: float64,
        dataspace: { kind: "scalar", dims: [], maxDims: [] },
        data: new Uint8Array(values(1).buffer),
      },
      NOW,
    );
    addLink(edit, inner, { ...link, kind: "hard", name: "scalar", address: scalar });
    addLink(edit, group, { ...link, kind: "soft", name: "soft", target: "inner/matrix" });
    const external = { ...link, kind: "external", name: "external", file: "other.h5", target: "/x" } as const;
    // A symbol table has no such links: the group becomes one that has.
    addLink(edit, group, external);
    for (let i = 0; i < 4; i++) addLink(edit, group, { ...link, kind: "soft", name: `${i}`.repeat(60), target: "/" });
    // One more than a header has: they go to a fractal heap.
    addLink(edit, group, { ...link, kind: "soft", name: "another", target: "/" });
    assert.throws(() => addLink(edit, group, { ...link, kind: "soft", name: "soft", target: "/" }), /already/);
    setAttribute(edit, matrix, {
      name: "scale",
      charset: "ascii",
      datatype: float64,
      dataspace: { kind: "scalar", dims: [], maxDims: [] },
      data: new Uint8Array(Float64Array.of(2.5).buffer),
    });
  });
  file.transaction(({ file: now, edit }) => {
    const group = now.root.get("näw");
    assert.equal(removeLink(edit, group.address, "2".repeat(60))?.kind, "soft");
    assert.equal(removeLink(edit, group.address, "no such"), undefined);
  });
  file.close();
}

function child(file: H5File, path: string): Group | Dataset {
  let at: Group | Dataset = file.root;
  for (const part of path.split("/")) {
    assert.ok(at instanceof Group);
    const next = at.get(part);
    assert.ok(next instanceof Group || next instanceof Dataset);
    at = next;
  }
  return at;
}

describe("new groups, datasets and links", () => {
  const fixtures = ["everything-latest.h5", "userblock.h5", "many-links.h5"];
  for (const name of ["of h5wasm", ...fixtures]) {
    it(`in a file ${name}: libhdf5 reads them, goes on, and we read that`, async () => {
      const { activate_throwing_error_handler, deactivate_throwing_error_handler } = await h5wasm.ready;
      await withTempDir(async (directory) => {
        const path = name === "of h5wasm" ? await writeSample(directory) : join(directory, "copy.h5");
        if (name !== "of h5wasm") copyFileSync(join(projectRoot(), "test/data/engine", name), path);
        const isNew = H5File.open(path).superblock.version >= 2;
        build(path);
        assertSound(H5File.open(path));

        activate_throwing_error_handler();
        try {
          const wasm = new h5wasm.File(path, "a");
          const matrix = wasm.get("näw/soft");
          assert.ok(matrix instanceof h5wasm.Dataset);
          assert.deepEqual(matrix.value, values(3000));
          assert.deepEqual(matrix.shape, [100, 30]);
          assert.equal(matrix.attrs.scale?.value, 2.5);
          const scalar = wasm.get("näw/inner/scalar");
          assert.ok(scalar instanceof h5wasm.Dataset);
          assert.equal(scalar.value, -3);
          const group = wasm.get("näw");
          assert.ok(group instanceof h5wasm.Group);
          assert.equal(group.keys().length, 8);
          group.create_group("theirs").create_dataset({ name: "x", data: [1, 2, 3] });
          for (let i = 0; i < 20; i++) group.create_dataset({ name: `d${i}`, data: [i] });
          group.create_attribute("note", "added by libhdf5");
          matrix.create_attribute("unit", "m");
          wasm.close();
        } finally {
          deactivate_throwing_error_handler();
        }

        const file = H5File.open(path);
        const again = child(file, "näw/inner/matrix");
        assert.ok(again instanceof Dataset);
        assert.equal(again.linkCount, 2);
        // libhdf5 has set the time of an old header when it added an attribute.
        if (isNew) assert.equal(again.modificationTime, NOW);
        const bytes = new RangeReader().read(again, "matrix", 0, 24_000);
        assert.deepEqual(new Float64Array(bytes.slice().buffer), values(3000));
        assert.deepEqual(
          again.attributes().map((attribute) => attribute.name),
          ["scale", "unit"],
        );
        const group = child(file, "näw");
        assert.ok(group instanceof Group);
        assert.equal([...group.links()].length, 29);
        assert.equal(group.link("external")?.kind, "external");
        assert.equal(group.link("another")?.kind, "soft");
        file.close();
      });
    });
  }

  it("a change that fails half-way leaves nothing", async () => {
    await withTempDir((directory) => {
      const path = join(directory, "copy.h5");
      copyFileSync(join(projectRoot(), "test/data/engine/everything-latest.h5"), path);
      const before = readFileSync(path);
      const file = WritableFile.open(path);
      const [taken] = file.read().root.links();
      assert.ok(taken !== undefined);
      const change = () =>
        file.transaction(({ file: now, edit }) => {
          setAttribute(edit, now.root.address, {
            name: "first",
            charset: "ascii",
            datatype: float64,
            dataspace: { kind: "scalar", dims: [], maxDims: [] },
            data: new Uint8Array(8),
          });
          for (const name of ["new", taken.name]) addLink(edit, now.root.address, { ...taken, name });
        });
      assert.throws(change, /already/);
      file.close();
      assert.deepEqual(readFileSync(path), before);
    });
  });

  it("are freed with all they own when their last link goes: the file keeps its size", async () => {
    await withTempDir(async (directory) => {
      for (const name of ["of h5wasm", "many-links.h5"]) {
        const path = name === "of h5wasm" ? await writeSample(directory) : join(directory, "copy.h5");
        if (name !== "of h5wasm") copyFileSync(join(projectRoot(), "test/data/engine", name), path);
        const file = WritableFile.open(path);
        const { size } = statSync(path);
        for (let round = 0; round < 20; round++) {
          const { root } = file.read();
          const parent = name === "of h5wasm" ? root.get("group").address : root.address;
          file.transaction(({ edit }) => fill(edit, parent));
          file.transaction((transaction) => {
            assert.ok(unlink(transaction, parent, "folder"));
            assert.ok(!unlink(transaction, parent, "folder"));
          });
        }
        file.close();
        assert.ok(statSync(path).size <= size + 65_536, `${name}: ${statSync(path).size - size} bytes more`);
        assertSoundAt(path);
      }
    });
  });
});

/** A group with a group with datasets, one of which has a second link outside that goes first. */
function fill(edit: EditContext, parent: number): void {
  const link = { creationOrder: undefined, charset: "ascii", kind: "hard" } as const;
  const folder = createGroup(edit, NOW);
  addLink(edit, parent, { ...link, name: "folder", address: folder });
  const inner = createGroup(edit, NOW);
  addLink(edit, folder, { ...link, name: "inner", address: inner });
  for (let i = 0; i < 5; i++) {
    const n = i === 0 ? 20_000 : 10 * i;
    const dataspace = { kind: "simple", dims: [n], maxDims: [n], maxDimsStored: true } as const;
    const data = new Uint8Array(values(n).buffer);
    const address = createContiguousDataset(edit, { datatype: float64, dataspace, data }, NOW);
    addLink(edit, inner, { ...link, name: `x${i}`, address });
    if (i > 0) continue;
    addLink(edit, folder, { ...link, name: "again", address });
    changeLinkCount(edit, address, 1);
  }
}
