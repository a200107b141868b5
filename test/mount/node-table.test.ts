import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { NodeTable } from "../../mount/node-table.ts";
import { ExternalFiles } from "../../src/object/external-files.ts";
import { H5File } from "../../src/object/file.ts";
import type { DirectoryNode, FileNode } from "../../src/tree/node.ts";
import { Tree } from "../../src/tree/tree.ts";
import { removeTempDir, tempDir } from "../support/temp-dir.ts";

describe("the nodes that the kernel knows", () => {
  let directory: string;
  let file: H5File;
  let tree: Tree;
  let table: NodeTable;

  before(async () => {
    await h5wasm.ready;
    directory = tempDir();
    const path = join(directory, "file.h5");
    const made = new h5wasm.File(path, "w");
    made.create_dataset({ name: "x", data: new Int32Array([1, 2, 3, 4]), shape: [2, 2] });
    made.create_external_link("other.h5", "/", "other");
    made.close();
    // Every object is at the same address in both.
    copyFileSync(path, join(directory, "other.h5"));
    file = H5File.open(path, { externalFiles: new ExternalFiles({ main: path, policy: "below" }) });
    tree = new Tree(file);
  });

  after(() => {
    file.close();
    removeTempDir(directory);
  });

  beforeEach(() => {
    table = new NodeTable(tree.root);
  });

  function fileAt(name: string, parent: DirectoryNode = tree.root): FileNode {
    const node = tree.lookup(parent, name);
    return node?.kind === "file" ? node : assert.fail(`${name} is no file`);
  }

  const showing = (address: number): number[] =>
    table
      .showing(address)
      .map(({ nodeid }) => nodeid)
      .sort((a, b) => a - b);

  it("show an object of the mounted file, and none of another that has the same address", () => {
    const other = tree.lookup(tree.root, "other");
    if (other?.kind !== "directory") assert.fail("other is no directory");
    const own = ["x.npy", "x[1].csv", "x.attrs.json"].map((name) => fileAt(name));
    const ids = own.map((node) => table.lookup(node));
    const address = own[0]?.address ?? 0;
    for (const name of ["x.npy", "x[1].csv"]) {
      const node = fileAt(name, other);
      assert.equal(node.address, address);
      table.lookup(node);
    }
    assert.deepEqual(showing(address), ids);
    assert.equal(table.showing(address).filter(({ isAttributes }) => isAttributes).length, 1);
  });

  it("are found until the kernel has forgotten them, in whatever order that is", () => {
    const names = ["x.npy", "x.csv", "x[0].csv", "x[1].csv"];
    for (const order of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [1, 3, 0, 2],
    ]) {
      const nodes = names.map((name) => fileAt(name));
      const left = new Map(nodes.map((node, i) => [i, table.lookup(node)]));
      const address = nodes[0]?.address ?? 0;
      for (const i of order) {
        assert.deepEqual(showing(address), [...left.values()]);
        table.forget(left.get(i) ?? 0, 1);
        left.delete(i);
      }
      assert.deepEqual(showing(address), []);
    }
  });

  it("show another object when they have become others", () => {
    const [node, attributes] = [fileAt("x.npy"), fileAt("x.attrs.json")];
    const nodeid = table.lookup(node);
    table.rekey([{ key: node.key, node: attributes }]);
    assert.deepEqual(table.showing(node.address), [{ nodeid, key: attributes.key, isAttributes: true }]);
    assert.equal(table.remove(attributes.key), nodeid);
    assert.deepEqual(table.showing(node.address), []);
  });
});
