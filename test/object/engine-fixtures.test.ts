import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Dataset } from "../../src/object/dataset.ts";
import { H5File } from "../../src/object/file.ts";
import { Group } from "../../src/object/group.ts";
import { projectRoot } from "../support/project.ts";
import { describeFile } from "./describe.ts";

const DATA = join(projectRoot(), "test/data/engine");

/** Plain objects with sorted keys, for a comparison that does not look at their order. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe("files that libhdf5 wrote, structure by structure", () => {
  const files = readdirSync(DATA).filter((name) => name.endsWith(".h5"));

  it("has the fixtures", () => assert.ok(files.length >= 20));

  for (const name of files) {
    it(`${name} is what h5py says`, () => {
      const truth = JSON.parse(readFileSync(join(DATA, name.replace(/h5$/, "json")), "utf8"));
      const file = H5File.open(join(DATA, name));
      const found = describeFile(file);
      for (const path of Object.keys(truth.objects)) {
        const objects: Record<string, unknown> = { ...found.objects };
        assert.deepEqual(plain(objects[path]), truth.objects[path], `${name}: ${path}`);
      }
      assert.deepEqual(plain(found), truth);
      file.close();
    });

    it(`${name}: every link and chunk that is listed is also found by name or coordinates`, () => {
      const file = H5File.open(join(DATA, name));
      const seen = new Set<number>();
      const visit = (object: ReturnType<H5File["object"]>): void => {
        if (seen.has(object.address)) return;
        seen.add(object.address);
        for (const attribute of object.attributes()) assert.ok(object.attribute(attribute.name) !== undefined);
        if (object instanceof Dataset && object.storage.kind === "chunked") {
          const { index } = object.storage;
          for (const { scaled, record } of index.entries()) assert.deepEqual(index.find(scaled), record);
        }
        if (!(object instanceof Group)) return;
        assert.equal(object.link("no such link"), undefined);
        assert.equal(object.link(""), undefined);
        const count = [...object.links()].length;
        assert.equal(object.hasMoreLinksThan(count), false);
        if (count > 0) assert.equal(object.hasMoreLinksThan(count - 1), true);
        for (const link of object.links()) {
          assert.deepEqual(object.link(link.name), link);
          if (link.kind === "hard") visit(file.object(link.address));
        }
      };
      visit(file.root);
      file.close();
    });
  }

  it("covers what it is meant to cover", () => {
    const versions = new Set(files.map((name) => H5File.open(join(DATA, name)).superblock.version));
    assert.deepEqual([...versions].sort(), [0, 1, 2, 3]);
    const chunks = H5File.open(join(DATA, "many-chunks.h5"));
    assert.equal(chunks.superblock.indexedStorageInternalNodeK, 2);
    assert.equal(H5File.open(join(DATA, "istore-k-v2.h5")).superblock.indexedStorageInternalNodeK, 3);
  });
});

describe("paths", () => {
  const file = H5File.open(join(DATA, "everything-earliest.h5"));

  it("follows soft links, absolute and relative", () => {
    const address = file.resolve("/a/b/c/deep").address;
    assert.equal(file.resolve("/soft").address, address);
    assert.equal(file.resolve("/a/relative/deep").address, address);
    assert.equal(file.resolve("a/./b//c/deep").address, address);
    assert.equal(file.root.get("soft").address, address);
  });

  it("names what is wrong", () => {
    const kind = (kind: string) => (error: unknown) => error instanceof Error && "kind" in error && error.kind === kind;
    assert.throws(() => file.resolve("/nothing"), kind("not-found"));
    assert.throws(() => file.resolve("/dangling"), kind("not-found"));
    assert.throws(() => file.resolve("/cycle1"), kind("limit"));
    assert.throws(() => file.resolve("/external"), kind("unsupported"));
    assert.throws(() => file.resolve("/a/b/c/deep/more"), kind("not-a-group"));
  });
});
