import assert from "node:assert/strict";
import { chmodSync, copyFileSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import h5wasm from "h5wasm/node";
import { Dataset } from "../../src/object/dataset.ts";
import { EditableFile } from "../../src/object/editable-file.ts";
import { externalDataOf } from "../../src/object/external-storage.ts";
import { H5File } from "../../src/object/file.ts";
import { fileSpaceOf } from "../../src/object/first-write.ts";
import { LIBRARY_VERSIONS } from "../../src/object/new-file.ts";
import { repackFile } from "../../src/object/repack.ts";
import { ofKind } from "../support/error-kind.ts";
import { SAMPLE, writeSample } from "../support/h5wasm-file.ts";
import { hdf5Files, projectRoot } from "../support/project.ts";
import { assertSound, assertSoundAt } from "../support/sound.ts";
import { withTempDir } from "../support/temp-dir.ts";

/** What libhdf5 says of everything below a path: shapes, types, filters, values, attributes. Groups met again are not entered. */
async function told(file: string, path: string): Promise<unknown> {
  await h5wasm.ready;
  const opened = new h5wasm.File(file, "r");
  try {
    return toldOf(opened, path, 0);
  } finally {
    opened.close();
  }
}

function attempt(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error instanceof Error ? error.name : "error";
  }
}

function toldOf(file: InstanceType<typeof h5wasm.File>, path: string, depth: number): unknown {
  const object = attempt(() => file.get(path));
  if (!(object instanceof h5wasm.Group || object instanceof h5wasm.Dataset)) return object?.constructor.name ?? object;
  const attributes = attempt(() =>
    Object.entries(object.attrs).map(([name, attribute]) => [
      name,
      attempt(() => plain(attribute.value)),
      attribute.shape,
    ]),
  );
  if (object instanceof h5wasm.Dataset) {
    const { shape, maxshape, chunks, ...type } = object.metadata;
    return {
      attributes,
      shape,
      maxshape,
      chunks,
      type: type.type,
      filters: object.filters,
      value: attempt(() => plain(object.value)),
    };
  }
  const children = depth > 4 ? [] : object.keys().map((name) => [name, toldOf(file, `${path}/${name}`, depth + 1)]);
  return { attributes, children };
}

/** References are addresses to h5wasm: another in every file. */
function plain(value: unknown): unknown {
  return JSON.stringify(value, (_, each) => {
    if (typeof each === "bigint") return `${each}`;
    if (each?.constructor.name === "Reference") return "reference";
    return ArrayBuffer.isView(each) ? Buffer.from(each.buffer, each.byteOffset, each.byteLength).toString("hex") : each;
  });
}

const FIXTURES = ["engine/many-chunks.h5", "engine/istore-k-v2.h5", "indexes/version-4.h5", "indexes/trees.h5"];

describe("copies of objects", () => {
  for (const libver of LIBRARY_VERSIONS) {
    it(`into a file of ${libver} are to libhdf5 what they were`, async () => {
      await withTempDir(async (directory) => {
        for (const fixture of FIXTURES) {
          const from = join(projectRoot(), "test/data", fixture);
          const to = join(directory, basename(fixture));
          const source = H5File.open(from);
          const file = EditableFile.open(to, { mode: "w", libver });
          file.copy("/", "/copy", source);
          file.close();
          source.close();
          assertSoundAt(to);
          assert.deepEqual(await told(to, "/copy"), await told(from, "/"), fixture);
        }
      });
    });
  }

  it("keep shared links shared and cycles closed, within the file and from one to another", async () => {
    await withTempDir(async (directory) => {
      const path = await writeSample(directory);
      const file = EditableFile.open(path);
      file.link("/group", "/group/itself");
      file.link("/group/ramp", "/group/again");
      file.delete("/dangling");
      file.createGroup("/in");
      const { lostReferences } = file.copy("/group", "/in/copy");
      assert.equal(lostReferences, 0);
      file.copy("/group", "/group/inside");
      const other = EditableFile.open(join(directory, "other.h5"), { mode: "x", libver: "earliest" });
      other.copy("/group", "/copy", file);
      for (const [opened, at] of [
        [file.file, "/in/copy"],
        [other.file, "/copy"],
      ] as const) {
        const address = (name: string): number => opened.resolve(`${at}/${name}`).address;
        assert.equal(address("itself"), address("."));
        assert.equal(address("again"), address("ramp"));
        assert.equal(opened.resolve(at).linkCount, 2);
        assert.equal(opened.resolve(`${at}/ramp`).linkCount, 2);
      }
      assert.notEqual(file.file.resolve("/in/copy/ramp").address, file.file.resolve("/group/ramp").address);
      file.close();
      other.close();
      const wasm = new h5wasm.File(join(directory, "other.h5"), "r");
      const ramp = wasm.get("/copy/itself/again");
      assert.ok(ramp instanceof h5wasm.Dataset);
      assert.deepEqual(ramp.value, SAMPLE.ramp);
      wasm.close();
      assertSoundAt(path);
    });
  });

  it("are refused where the name is taken or the object is not there, and leave nothing", async () => {
    await withTempDir(async (directory) => {
      const path = await writeSample(directory);
      const before = readFileSync(path);
      const file = EditableFile.open(path);
      assert.throws(() => file.copy("/group", "/scalar"), ofKind("exists"));
      assert.throws(() => file.copy("/no", "/yes"), ofKind("not-found"));
      assert.throws(() => file.copy("/group", "/no/yes"), ofKind("not-found"));
      assert.throws(() => file.copy("/external", "/yes"), ofKind("unsupported"));
      file.close();
      assert.deepEqual(readFileSync(path), before);
    });
  });
});

describe("datasets with raw data in other files", () => {
  for (const libver of LIBRARY_VERSIONS) {
    it(`name the same parts of these in a file of ${libver}, and after repacking`, () =>
      withTempDir((directory) => {
        const path = join(directory, "a.h5");
        const source = H5File.open(join(projectRoot(), "test/data/external/external.h5"));
        const filesOf = (file: H5File, at: string): unknown => {
          const object = file.resolve(at);
          assert.ok(object instanceof Dataset);
          return externalDataOf(object)?.map((part) => ({ ...part, name: Buffer.from(part.name).toString() }));
        };
        const expected = [
          { name: "first.raw", offset: 16, size: 40 },
          { name: "second.raw", offset: 0, size: undefined },
        ];
        assert.deepEqual(filesOf(source, "/group/two"), expected);
        const file = EditableFile.open(path, { mode: "x", libver });
        file.copy("/group", "/copy", source);
        assert.deepEqual(filesOf(file.file, "/copy/two"), expected);
        assertSound(file.file);
        file.close();
        repackFile(path);
        const again = EditableFile.open(path);
        assert.deepEqual(filesOf(again.file, "/copy/two"), expected);
        again.delete("/copy");
        assertSound(again.file);
        again.close();
        source.close();
      }));
  }
});

describe("repacking", () => {
  it("keeps everything but what is not used, and mode, times and user block", async () => {
    await withTempDir(async (directory) => {
      const path = join(directory, "a.h5");
      copyFileSync(join(projectRoot(), "test/data/engine/userblock.h5"), path);
      const first = H5File.open(path);
      const { baseAddress } = first.superblock;
      first.close();
      const bytes = readFileSync(path);
      bytes.fill(0x41, 0, baseAddress);
      writeFileSync(path, bytes);
      chmodSync(path, 0o604);
      utimesSync(path, 1_500_000_000, 1_600_000_000);
      const before = await told(path, "/");
      const file = EditableFile.open(path);
      file.copy("/", "/much");
      file.delete("/much");
      file.close();
      utimesSync(path, 1_500_000_000, 1_600_000_000);
      repackFile(path);
      assert.deepEqual(await told(path, "/"), before);
      const { mode, mtimeMs } = statSync(path);
      assert.equal(mode & 0o777, 0o604);
      assert.equal(mtimeMs, 1_600_000_000_000);
      assert.deepEqual(readFileSync(path).subarray(0, baseAddress), bytes.subarray(0, baseAddress));
      assert.deepEqual(readdirSync(directory), ["a.h5"]);
    });
  });

  it("keeps the size of B-tree nodes, and how space is managed; libhdf5 goes on so", async () => {
    await h5wasm.ready;
    const data = join(projectRoot(), "test/data");
    const fixtures = [...hdf5Files(join(data, "space")), join(data, "engine/istore-k-v2.h5")];
    assert.ok(fixtures.length > 5);
    for (const fixture of fixtures) {
      await withTempDir(async (directory) => {
        const path = join(directory, "a.h5");
        copyFileSync(fixture, path);
        const settings = (): unknown => {
          const file = H5File.open(path);
          assertSound(file);
          const { groupLeafNodeK, groupInternalNodeK, indexedStorageInternalNodeK } = file.superblock;
          const { strategy, threshold, persisting, pageSize } = fileSpaceOf(file)?.info ?? {};
          file.close();
          const k = [groupLeafNodeK, groupInternalNodeK, indexedStorageInternalNodeK];
          return { k, strategy, threshold, persisting, pageSize };
        };
        const before = settings();
        const objects = await told(path, "/");
        repackFile(path);
        assert.deepEqual(settings(), before, fixture);
        const wasm = new h5wasm.File(path, "a");
        wasm.create_group("more").create_dataset({ name: "x", data: new Float64Array(5000) });
        wasm.close();
        assert.deepEqual(settings(), before, fixture);
        const file = EditableFile.open(path);
        file.delete("/more");
        file.close();
        assert.deepEqual(await told(path, "/"), objects, fixture);
        repackFile(path, { libver: "earliest" });
        const old = H5File.open(path);
        assertSound(old);
        assert.equal(old.superblock.version, fixture.includes("istore-k") ? 1 : 0);
        old.close();
        assert.deepEqual(await told(path, "/"), objects, fixture);
      });
    }
  });

  it("gives the space of what was deleted back, and can change the generation both ways", async () => {
    await withTempDir(async (directory) => {
      const path = await writeSample(directory);
      const file = EditableFile.open(path);
      // A table of symbols has no external links.
      file.delete("/external");
      file.delete("/words");
      file.close();
      const before = await told(path, "/");
      for (const [libver, version] of [
        ["earliest", 0],
        ["v110", 3],
        ["v18", 2],
      ] as const) {
        repackFile(path, { libver });
        const repacked = H5File.open(path);
        assert.equal(repacked.superblock.version, version);
        assertSound(repacked);
        repacked.close();
        assert.deepEqual(await told(path, "/"), before);
      }
    });
  });
});
