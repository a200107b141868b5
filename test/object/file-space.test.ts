import assert from "node:assert/strict";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { dumpJson } from "../../src/cli/dump.ts";
import { integerType } from "../../src/object/datatypes.ts";
import { extentsOfFile } from "../../src/object/extents.ts";
import { H5File } from "../../src/object/file.ts";
import { viewForWriting } from "../../src/object/first-write.ts";
import { addLink } from "../../src/object/link-edit.ts";
import { createGroup } from "../../src/object/new-object.ts";
import { unlink } from "../../src/object/unlink.ts";
import { WritableFile } from "../../src/object/writable-file.ts";
import { createContiguousDataset } from "../support/contiguous-dataset.ts";
import { projectRoot } from "../support/project.ts";
import { assertSound, assertSoundAt } from "../support/sound.ts";
import { withTempDir } from "../support/temp-dir.ts";

const hard = { kind: "hard", creationOrder: undefined, charset: "utf-8" } as const;

function addGroup(file: WritableFile, name: string): void {
  file.transaction(({ file: now, edit }) => {
    addLink(edit, now.root.address, { ...hard, name, address: createGroup(edit, 0) });
  });
}

/** Everything in the file but what is called "new" and what a change of the root changes. */
function rest(path: string): string {
  const text = [...dumpJson(path)].slice(1).join("");
  return text
    .split("\n")
    .map((line) => line.replace(/,$/, ""))
    .filter((line) => !line.includes("/new") && !line.startsWith('"/"'))
    .join("\n");
}

describe("files whose superblock extension says how they are written", () => {
  it("a metadata cache image: its metadata come to their places with the first change, and libhdf5 reads all", () =>
    withTempDir(async (directory) => {
      const fixture = join(projectRoot(), "test/data/indexes/cache-image.h5");
      const path = join(directory, "file.h5");
      copyFileSync(fixture, path);
      WritableFile.open(path).close();
      assert.deepEqual(readFileSync(path), readFileSync(fixture), "opening changes nothing");
      const file = WritableFile.open(path);
      const before = file.read().root;
      assert.throws(() =>
        file.transaction(({ edit }) => {
          createGroup(edit, 0);
          throw new RangeError("rolled back");
        }),
      );
      assert.ok(file.read().space.overlay !== undefined);
      addGroup(file, "new");
      assert.equal(file.read().space.overlay, undefined);
      assert.notEqual(file.read().root, before);
      addGroup(file, "new too");
      file.transaction((transaction) => unlink(transaction, transaction.file.root.address, "new too"));
      assertSound(file.read());
      file.close();
      assert.equal(rest(path), rest(fixture));
      const closed = H5File.open(path);
      assertSound(closed);
      assert.ok(closed.root.link("new") !== undefined);
      closed.close();
      await h5wasm.ready;
      const wasm = new h5wasm.File(path, "a");
      assert.ok(wasm.keys().includes("new"));
      wasm.create_group("made by libhdf5");
      wasm.close();
      assertSoundAt(path);
    }));

  for (const name of ["aggregate", "aggregate-kept", "none", "page", "page-kept"]) {
    it(`${name}: changed in turn by h5fs and by libhdf5, nothing else changes`, () =>
      withTempDir(async (directory) => {
        await h5wasm.ready;
        const fixture = join(projectRoot(), "test/data/space", `${name}.h5`);
        const path = join(directory, "file.h5");
        copyFileSync(fixture, path);
        for (let round = 0; round < 3; round++) {
          const file = WritableFile.open(path);
          addData(file, "new", round);
          if (round > 0) file.transaction((transaction) => unlink(transaction, transaction.file.root.address, "new"));
          file.checkpoint();
          addGroup(file, `new group ${round}`);
          file.close();
          assert.equal(rest(path), rest(fixture));
          assertWell(path);
          const wasm = new h5wasm.File(path, "a");
          wasm.create_dataset({ name: `new by libhdf5 ${round}`, data: Int32Array.from({ length: 700 }, (_, i) => i) });
          wasm.create_group(`new too ${round}`);
          wasm.close();
          assert.equal(rest(path), rest(fixture));
          assertWell(path);
        }
      }));
  }
});

/** A dataset of each size in a group, in one transaction. */
function addData(file: WritableFile, name: string, round: number): void {
  file.transaction((transaction) => {
    const { edit, file: now } = transaction;
    if (now.root.link(name) !== undefined) unlink(transaction, now.root.address, name);
    const group = createGroup(edit, 0);
    addLink(edit, now.root.address, { ...hard, name, address: group });
    for (const count of [1, 100, 300, 2000, 30_000 + round]) {
      const dims = [count];
      const dataspace = { kind: "simple", dims, maxDims: dims, maxDimsStored: true } as const;
      const data = new Uint8Array(Int32Array.from({ length: count }, (_, i) => i).buffer);
      const address = createContiguousDataset(edit, { datatype: integerType(4, true), dataspace, data }, 0);
      addLink(edit, group, { ...hard, name: `${count}`, address });
    }
  });
}

/** The file is sound; where it has pages, they are kept to: what is smaller than one lies in one, beside its own kind only. */
function assertWell(path: string): void {
  const file = H5File.open(path);
  assertSound(file);
  const { fileSpace } = viewForWriting(file);
  if (fileSpace?.strategy === 1 && fileSpace.pageSize !== undefined) {
    const { pageSize } = fileSpace;
    assert.equal(file.superblock.endOfFile % pageSize, 0);
    const kinds = new Map<number, string>();
    for (const { address, length, kind, structure } of extentsOfFile(file, (_, error) => assert.fail(error))) {
      const page = Math.floor(address / pageSize);
      if (length >= pageSize) {
        assert.equal(address % pageSize, 0, structure);
        continue;
      }
      assert.equal(Math.floor((address + length - 1) / pageSize), page, `${structure} at ${address}`);
      assert.equal(kinds.get(page) ?? kind, kind, `page ${page}: ${structure}`);
      kinds.set(page, kind);
    }
  }
  file.close();
}
