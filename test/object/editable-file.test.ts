import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { EditableFile } from "../../src/object/editable-file.ts";
import { H5File } from "../../src/object/file.ts";
import { LIBRARY_VERSIONS } from "../../src/object/new-file.ts";
import { ofKind } from "../support/error-kind.ts";
import { writeSample } from "../support/h5wasm-file.ts";
import { assertSound } from "../support/sound.ts";
import { withTempDir } from "../support/temp-dir.ts";

/** What h5wasm says of each path: the name of its kind of link or object. */
async function kinds(path: string, paths: readonly string[]): Promise<(string | undefined)[]> {
  await h5wasm.ready;
  const file = new h5wasm.File(path, "r");
  try {
    return paths.map((each) => file.get(each)?.constructor.name);
  } finally {
    file.close();
  }
}

describe("an editable file", () => {
  for (const libver of LIBRARY_VERSIONS) {
    it(`makes, links, moves and deletes by path: ${libver}`, async () => {
      await withTempDir(async (directory) => {
        const path = join(directory, "new.h5");
        const file = EditableFile.open(path, { mode: "x", libver });
        file.createGroup("/a/b/c", { parents: true });
        file.createGroup("/a/b/c", { parents: true });
        file.createGroup("/é");
        file.link("/a/b", "/same");
        file.softLink("/a/b/c", "/soft");
        file.softLink("b/c", "/a/soft");
        file.move("/é", "/soft/moved");
        file.createGroup("/gone/deep", { parents: true });
        file.delete("/gone");
        if (libver !== "earliest") file.externalLink("other.h5", "/x", "/external");
        file.flush();
        file.close();
        const names = ["/a/b/c/moved", "/same/c", "/soft", "/a/soft", "/gone", "/é"];
        assert.deepEqual(await kinds(path, names), ["Group", "Group", "Group", "Group", undefined, undefined]);
        const read = H5File.open(path);
        assertSound(read);
        assert.equal(read.resolve("/a/b").linkCount, 2);
        read.close();
      });
    });
  }

  it("refuses what makes no sense by kind, and leaves the file as it was byte for byte", async () => {
    await withTempDir(async (directory) => {
      const path = await writeSample(directory);
      const before = readFileSync(path);
      const file = EditableFile.open(path);
      const refused: readonly (readonly [string, () => void])[] = [
        ["exists", () => file.createGroup("/group")],
        ["exists", () => file.createGroup("/soft")],
        ["not-a-group", () => file.createGroup("/words/x", { parents: true })],
        ["not-found", () => file.createGroup("/no/x")],
        ["unsupported", () => file.createGroup("/external/x")],
        ["argument", () => file.createGroup("/")],
        ["argument", () => file.delete("/")],
        ["argument", () => file.createGroup("/a\0b")],
        ["not-found", () => file.delete("/no")],
        ["not-found", () => file.move("/no", "/yes")],
        ["exists", () => file.move("/words", "/scalar")],
        ["argument", () => file.move("/group", "/group/inside")],
        ["argument", () => file.move("/group", "/other/inside")],
        ["not-found", () => file.link("/no", "/yes")],
        ["not-found", () => file.link("/dangling", "/yes")],
        ["exists", () => file.link("/words", "/scalar")],
        ["argument", () => file.softLink("", "/yes")],
        ["exists", () => file.softLink("/x", "/dangling")],
        ["not-found", () => file.attributes("/").delete("no")],
        ["not-found", () => file.attributes("/").rename("no", "yes")],
      ];
      for (const [kind, change] of refused) assert.throws(change, ofKind(kind), String(change));
      file.close();
      assert.deepEqual(readFileSync(path), before);
      assert.throws(() => EditableFile.open(path, { mode: "x" }), ofKind("exists"));
      assert.throws(() => EditableFile.open(join(directory, "no.h5")), ofKind("io"));
    });
  });

  it("does several changes in one transaction, or none of them", async () => {
    await withTempDir(async (directory) => {
      const path = await writeSample(directory);
      const before = readFileSync(path);
      const file = EditableFile.open(path, { mode: "a" });
      const attempt = (): void =>
        file.transaction(() => {
          file.createGroup("/group/new");
          assert.equal(file.file.resolve("/group/new").kind, "group");
          file.delete("/no");
        });
      assert.throws(attempt, ofKind("not-found"));
      const caught = (): void =>
        file.transaction(() => {
          file.createGroup("/group/new");
          assert.throws(() => file.delete("/no"), ofKind("not-found"));
        });
      assert.throws(caught, ofKind("not-found"), "what failed in part is not kept, though it was caught");
      file.dryRun(() => file.delete("/words"));
      assert.throws(() => file.dryRun(() => file.delete("/no")), ofKind("not-found"));
      file.close();
      assert.deepEqual(readFileSync(path), before);
      const again = EditableFile.open(path);
      again.transaction(() => {
        again.createGroup("/group/new");
        again.move("/words", "/group/new/words");
        again.attributes("/").rename("title", "name");
        again.attributes("/").delete("name");
      });
      again.close();
      assert.deepEqual(await kinds(path, ["/group/new/words", "/words"]), ["Dataset", undefined]);
    });
  });

  it("is made anew by mode w, and found by mode a", async () => {
    await withTempDir(async (directory) => {
      const path = await writeSample(directory);
      const found = EditableFile.open(path, { mode: "a" });
      assert.equal(found.file.resolve("/words").kind, "dataset");
      found.close();
      const fresh = EditableFile.open(path, { mode: "w", libver: "v110" });
      assert.deepEqual([...fresh.file.root.links()], []);
      assert.equal(fresh.file.superblock.version, 3);
      fresh.close();
    });
  });
});
