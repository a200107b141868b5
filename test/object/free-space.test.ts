import assert from "node:assert/strict";
import { copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { dumpJson } from "../../src/cli/dump.ts";
import { integerType } from "../../src/object/datatypes.ts";
import { H5File } from "../../src/object/file.ts";
import { searchFreeSpace } from "../../src/object/free-space.ts";
import { Group } from "../../src/object/group.ts";
import { addLink } from "../../src/object/link-edit.ts";
import { createGroup } from "../../src/object/new-object.ts";
import { unlink } from "../../src/object/unlink.ts";
import { WritableFile, type WritableFileOptions } from "../../src/object/writable-file.ts";
import { createContiguousDataset } from "../support/contiguous-dataset.ts";
import { writeSample } from "../support/h5wasm-file.ts";
import { projectRoot } from "../support/project.ts";
import { assertSound, assertSoundAt } from "../support/sound.ts";
import { withTempDir } from "../support/temp-dir.ts";

const DATA = join(projectRoot(), "test/data");
const hard = { kind: "hard", creationOrder: undefined, charset: "utf-8" } as const;
const uint8 = integerType(1, false);

function freeIn(path: string): readonly { offset: number; length: number }[] | undefined {
  const file = H5File.open(path);
  const search = searchFreeSpace(file);
  let step = search.next();
  while (step.done !== true) step = search.next();
  file.close();
  return step.value;
}

function* fixtures(): Generator<string> {
  for (const entry of readdirSync(DATA, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && /\.(h5|h5ad|nc)$/.test(entry.name) && statSync(path).size < 25_000) yield path;
  }
}

const dump = (path: string): string => [...dumpJson(path)].slice(1).join("");

/** Makes a group and a dataset in the root, and removes them. */
function makeAndRemove(file: WritableFile, round: number): void {
  const dims = [1 + ((round * 37) % 3000)];
  const dataspace = { kind: "simple", dims, maxDims: dims, maxDimsStored: false } as const;
  const data = new Uint8Array(dims[0] ?? 0).fill(round);
  file.transaction(({ file: now, edit }) => {
    const group = createGroup(edit, 0);
    addLink(edit, now.root.address, { ...hard, name: "made", address: group });
    const address = createContiguousDataset(edit, { datatype: uint8, dataspace, data }, 0);
    addLink(edit, group, { ...hard, name: "data", address });
  });
  file.transaction((transaction) => unlink(transaction, transaction.file.root.address, "made"));
}

describe("free space", function () {
  this.timeout(20_000);

  it("is what nothing reads: overwritten, every fixture is the same", () =>
    withTempDir((directory) => {
      const path = join(directory, "file.h5");
      for (const name of ["first.raw", "second.raw"]) copyFileSync(join(DATA, "external", name), join(directory, name));
      let known = 0;
      let bytes = 0;
      for (const fixture of fixtures()) {
        let free: ReturnType<typeof freeIn>;
        try {
          free = freeIn(fixture);
        } catch {
          continue;
        }
        if (free === undefined) continue;
        known++;
        const content = readFileSync(fixture);
        for (const { offset, length } of free) {
          content.fill(0xff, offset, offset + length);
          bytes += length;
        }
        writeFileSync(path, content);
        assert.equal(dump(path), dump(fixture), fixture);
      }
      assert.ok(known > 10 && bytes > 10_000, `${bytes} bytes in ${known} files`);
    }));

  it("is not known of a file that cannot be read whole", () =>
    withTempDir((directory) => {
      const path = join(directory, "file.h5");
      const bytes = readFileSync(join(DATA, "engine/userblock.h5"));
      writeFileSync(path, bytes);
      assert.ok(freeIn(path) !== undefined);
      const file = H5File.open(path);
      const link = [...file.root.links()].find(({ kind }) => kind === "hard");
      assert.ok(link?.kind === "hard");
      bytes.fill(0xee, file.space.base + link.address, file.space.base + link.address + 4);
      file.close();
      writeFileSync(path, bytes);
      assert.equal(freeIn(path), undefined);
      // It can be written all the same, at its end.
      const { size } = statSync(path);
      const writable = WritableFile.open(path);
      makeAndRemove(writable, 1);
      writable.close();
      assert.equal(statSync(path).size, size);
    }));

  for (const [how, options] of [
    ["looked for", () => ({})],
    ["remembered", (directory: string) => ({ spaceDirectory: join(directory, "space") })],
  ] satisfies [string, (directory: string) => WritableFileOptions][]) {
    it(`${how} by each session, keeps a file's size through rounds of making and removing`, () =>
      withTempDir((directory) => {
        const path = join(directory, "file.h5");
        copyFileSync(join(DATA, "engine/userblock.h5"), path);
        const { size } = statSync(path);
        for (let round = 0; round < 20; round++) {
          const file = WritableFile.open(path, options(directory));
          makeAndRemove(file, round);
          file.close();
          assert.ok(statSync(path).size <= size, `${statSync(path).size} bytes after ${round} rounds, first ${size}`);
        }
        assertSoundAt(path);
      }));
  }

  it("is used again in the middle of the file, by sessions that come later", () =>
    withTempDir(async (directory) => {
      const path = await writeSample(directory);
      const options = { spaceDirectory: join(directory, "space") };
      const session = (change: (file: WritableFile) => void): void => {
        const file = WritableFile.open(path, options);
        change(file);
        file.close();
      };
      session((file) =>
        file.transaction((transaction) => {
          unlink(transaction, transaction.file.root.address, "words");
          unlink(transaction, transaction.file.root.address, "dangling");
        }),
      );
      const { size } = statSync(path);
      for (let round = 0; round < 5; round++) session((file) => makeAndRemove(file, 3));
      session((file) =>
        file.transaction(({ file: now, edit }) => {
          addLink(edit, now.root.address, { ...hard, name: "in the hole", address: createGroup(edit, 0) });
        }),
      );
      assert.ok(statSync(path).size <= size);
      assertSoundAt(path);
      await h5wasm.ready;
      const wasm = new h5wasm.File(path, "r");
      assert.ok(wasm.keys().includes("in the hole"));
      wasm.close();
    }));

  it("is not what it was when another program has changed the file", () =>
    withTempDir(async (directory) => {
      const path = await writeSample(directory);
      const options = { spaceDirectory: join(directory, "space") };
      const first = WritableFile.open(path, options);
      first.transaction((transaction) => {
        for (const name of ["words", "dangling"]) unlink(transaction, transaction.file.root.address, name);
      });
      first.close();
      const wasm = new h5wasm.File(path, "a");
      wasm.create_dataset({ name: "another", data: new Float64Array(500).fill(1.5) });
      wasm.close();
      const second = WritableFile.open(path, options);
      for (let round = 0; round < 5; round++) makeAndRemove(second, round);
      second.close();
      const again = new h5wasm.File(path, "r");
      const another = again.get("another");
      assert.ok(another instanceof h5wasm.Dataset);
      assert.deepEqual(another.value, new Float64Array(500).fill(1.5));
      again.close();
    }));

  it("goes with the end of the file where it is found there", () =>
    withTempDir((directory) => {
      const path = join(directory, "file.h5");
      copyFileSync(join(DATA, "engine/many-links.h5"), path);
      const { size } = statSync(path);
      const make = WritableFile.open(path);
      // Nothing leads to it.
      make.transaction(({ edit }) => edit.write(edit.allocate(5 * 2 ** 20, "raw"), new Uint8Array(5 * 2 ** 20)));
      make.close();
      assert.ok(statSync(path).size > 5 * 2 ** 20);
      const file = WritableFile.open(path);
      for (const search = file.searchFreeSpace(); search.next().done !== true; );
      assert.ok(file.isSpaceKnown);
      file.cutTail();
      file.close();
      assert.ok(statSync(path).size <= size);
      const again = H5File.open(path);
      assertSound(again);
      again.close();
    }));

  it("is looked for in pieces, while changes are made", () =>
    withTempDir((directory) => {
      const path = join(directory, "file.h5");
      copyFileSync(join(DATA, "engine/many-links.h5"), path);
      const make = WritableFile.open(path);
      // Nothing leads to these bytes, which lie before the last group.
      const padding = new Uint8Array(5 * 2 ** 20);
      make.transaction(({ edit }) => edit.write(edit.allocate(padding.length, "raw"), padding));
      make.transaction(({ file, edit }) => {
        addLink(edit, file.root.address, { ...hard, name: "last", address: createGroup(edit, 0) });
      });
      for (let i = 0; i < 400; i++) {
        make.transaction(({ file, edit }) => {
          addLink(edit, file.root.address, { ...hard, name: `group ${i}`, address: createGroup(edit, 0) });
        });
      }
      make.close();
      const file = WritableFile.open(path);
      let steps = 0;
      const search = file.searchFreeSpace();
      let step = search.next();
      for (; step.done !== true; step = search.next(), steps++) makeAndRemove(file, steps);
      assert.equal(step.value, true);
      assert.ok(steps > 2, `${steps} steps`);
      const { size } = statSync(path);
      file.transaction(({ edit }) => edit.write(edit.allocate(4 * 2 ** 20, "raw"), padding.subarray(0, 4 * 2 ** 20)));
      file.checkpoint();
      assertSound(file.read());
      assert.ok(file.read().root.get("last") instanceof Group);
      file.close();
      assert.ok(statSync(path).size < size + 2 ** 20, "the padding's place is used");
    }));
});
