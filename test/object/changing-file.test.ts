import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { setAttribute } from "../../src/object/attribute-edit.ts";
import { integerType } from "../../src/object/datatypes.ts";
import { H5File } from "../../src/object/file.ts";
import { Group } from "../../src/object/group.ts";
import { addLink } from "../../src/object/link-edit.ts";
import { createGroup } from "../../src/object/new-object.ts";
import { unlink } from "../../src/object/unlink.ts";
import { type FileTransaction, WritableFile } from "../../src/object/writable-file.ts";
import { attachSnapshot } from "../../src/storage/local-file.ts";
import type { SnapshotDescription } from "../../src/storage/storage.ts";
import { seededRandom } from "../storage/journal/cell-file.ts";
import { createContiguousDataset } from "../support/contiguous-dataset.ts";
import { projectRoot } from "../support/project.ts";
import { withTempDir } from "../support/temp-dir.ts";
import { describeFile } from "./describe.ts";

const NOW = 1_700_000_000;
const int32 = integerType(4, true);

const hard = { kind: "hard", creationOrder: undefined, charset: "utf-8" } as const;

function withFile(fixture: string, use: (file: WritableFile, path: string) => void | Promise<void>): Promise<void> {
  return withTempDir(async (directory) => {
    const path = join(directory, "file.h5");
    copyFileSync(join(projectRoot(), "test/data", fixture), path);
    const file = WritableFile.open(path);
    await use(file, path);
    file.close();
  });
}

/** The same state, of which nothing was decoded before. */
function anew(file: WritableFile): H5File {
  return H5File.attach(attachSnapshot(file.read().snapshot.describe()));
}

/** A few groups more or less, an attribute, and a dataset, in a folder of their own. */
function change(transaction: FileTransaction, random: () => number): void {
  const { file, edit } = transaction;
  const { root } = file;
  const link = root.link("folder");
  const folder = link?.kind === "hard" ? link.address : createGroup(edit, NOW);
  if (link === undefined) addLink(edit, root.address, { ...hard, name: "folder", address: folder });
  const name = `${Math.floor(random() * 5)}`;
  if (!unlink(transaction, folder, name)) {
    const dims = [1 + Math.floor(random() * 30_000)];
    const data = new Uint8Array(4 * (dims[0] ?? 0)).fill(1);
    const dataspace = { kind: "simple", dims, maxDims: dims, maxDimsStored: false } as const;
    const address =
      random() < 0.5
        ? createGroup(edit, NOW)
        : createContiguousDataset(edit, { datatype: int32, dataspace, data }, NOW);
    addLink(edit, folder, { ...hard, name, address });
  }
  const dataspace = { kind: "simple", dims: [1], maxDims: [1], maxDimsStored: false } as const;
  const data = new Uint8Array(Int32Array.of(random() * 1000).buffer);
  setAttribute(edit, root.address, { name: "changed", charset: "ascii", datatype: int32, dataspace, data });
}

describe("a file that is being written", () => {
  for (const fixture of ["engine/userblock.h5", "engine/istore-k-v2.h5", "indexes/trees.h5"]) {
    it(`${fixture}: shows each state as one who opens it then, rollbacks and checkpoints included`, () =>
      withFile(fixture, (file) => {
        const random = seededRandom(fixture.length);
        for (let round = 0; round < 8; round++) {
          const before = describeFile(file.read());
          const isRolledBack = random() < 0.3;
          const all = (): void =>
            file.transaction((transaction) => {
              change(transaction, random);
              assert.deepEqual(describeFile(transaction.file), describeFile(anew(file)));
              if (isRolledBack) throw new RangeError("rolled back");
            });
          if (isRolledBack) assert.throws(all, RangeError);
          else all();
          const after = describeFile(file.read());
          assert.deepEqual(after, describeFile(anew(file)));
          if (isRolledBack) assert.deepEqual(after, before);
          assert.equal(file.read().superblock.endOfFile, anew(file).superblock.endOfFile);
          if (random() < 0.2) file.checkpoint();
        }
      }));
  }

  it("keeps what was decoded from bytes that did not change", () =>
    withFile("engine/userblock.h5", (file) => {
      const { root } = file.read();
      const names = [...root.links()].flatMap((link) => (link.kind === "hard" ? [link.name] : []));
      const before = names.map((name) => root.get(name));
      file.transaction(({ edit }) => {
        addLink(edit, root.address, { ...hard, name: "one more", address: createGroup(edit, NOW) });
      });
      const now = file.read().root;
      assert.ok(now.link("one more") !== undefined);
      assert.ok(names.some((name, i) => now.get(name) === before[i]));
    }));

  it("has another id after each change, for caches of what was made of it", () =>
    withFile("engine/userblock.h5", (file) => {
      const { id } = file.read();
      file.transaction(({ edit }) => createGroup(edit, NOW));
      assert.notEqual(file.read().id, id);
    }));

  it("keeps a pinned state for other threads: no checkpoint overwrites it, and it waits for them", () =>
    withFile("engine/istore-k-v2.h5", async (file, path) => {
      const random = seededRandom(1);
      file.transaction((transaction) => change(transaction, random));
      const pin = file.pin();
      const description = file.read().snapshot.describe();
      const expected = describeFile(file.read());
      for (let round = 0; round < 20; round++) file.transaction((transaction) => change(transaction, random));
      assert.throws(() => file.checkpoint(), /still being read/);
      assert.deepEqual(describeFile(H5File.attach(attachSnapshot(description))), expected);
      assert.deepEqual(await namesInThread(description), namesOf(H5File.attach(attachSnapshot(description))));
      pin.release();
      pin.release();
      file.checkpoint();
      assert.deepEqual(describeFile(file.read()), describeFile(H5File.open(path)));
    }));

  it("asks its owner to wait for pinned states before a checkpoint", () =>
    withTempDir((directory) => {
      const path = join(directory, "file.h5");
      copyFileSync(join(projectRoot(), "test/data/engine/istore-k-v2.h5"), path);
      let release = (): void => undefined;
      const file = WritableFile.open(path, { waitForReaders: () => release() });
      file.transaction(({ edit }) => createGroup(edit, NOW));
      release = file.pin().release;
      file.close();
    }));
});

function namesOf(file: H5File): string[] {
  const folder = file.root.get("folder");
  assert.ok(folder instanceof Group);
  return [...folder.links()].map(({ name }) => name);
}

/** What another thread finds in the folder. */
function namesInThread(description: SnapshotDescription): Promise<string[]> {
  const modules = ["src/object/file.js", "src/storage/local-file.js"].map((name) => join(projectRoot(), "dist", name));
  const code = `
    const { parentPort, workerData } = require("node:worker_threads");
    Promise.all(workerData.modules.map((path) => import(path))).then(([{ H5File }, { attachSnapshot }]) => {
      const file = H5File.attach(attachSnapshot(workerData.description));
      parentPort.postMessage([...file.root.get("folder").links()].map(({ name }) => name));
    });`;
  const worker = new Worker(code, { eval: true, workerData: { modules, description } });
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}
