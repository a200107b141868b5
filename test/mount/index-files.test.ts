import assert from "node:assert/strict";
import { chmodSync, closeSync, mkdirSync, openSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { IndexFiles, saveIndex } from "../../mount/index-files.ts";
import { defaultIndexRoot, fileState, type IndexFolder, indexFolder } from "../../mount/index-folder.ts";
import { removeTempDir, tempDir } from "../support/temp-dir.ts";

describe("indexes on disk", () => {
  let directory: string;
  let file: number;
  let folder: IndexFolder;

  before(() => {
    directory = tempDir();
    writeFileSync(join(directory, "data.h5"), "data");
    file = openSync(join(directory, "data.h5"), "r");
    const root = join(directory, "cache", "h5fs");
    folder = { root, path: join(root, "state"), fd: file, state: fileState(file) };
  });

  after(() => {
    closeSync(file);
    removeTempDir(directory);
  });

  it("are found again, for their owner only", () => {
    assert.equal(new IndexFiles(folder).load("text"), undefined);
    saveIndex(folder, "text", Buffer.from("an index"));
    saveIndex(folder, "text", Buffer.from("another"));
    const files = new IndexFiles(folder);
    assert.equal(Buffer.from(files.load("text") ?? []).toString(), "another");
    assert.equal(files.has("other text"), false);
    assert.equal(statSync(folder.path).mode & 0o777, 0o700);
    const [name, ...more] = readdirSync(folder.path);
    assert.deepEqual(more, []);
    assert.equal(statSync(join(folder.path, name ?? "")).mode & 0o777, 0o600);
  });

  it("are not believed where others can write", () => {
    chmodSync(folder.path, 0o777);
    assert.equal(new IndexFiles(folder).has("text"), false);
    chmodSync(folder.path, 0o700);
    assert.equal(new IndexFiles(folder).has("text"), true);
  });

  it("are not left where the file has changed, or the folder cannot be made", () => {
    saveIndex({ ...folder, state: "another" }, "late", Buffer.from("x"));
    saveIndex({ ...folder, path: join(directory, "data.h5", "state") }, "late", Buffer.from("x"));
    assert.equal(new IndexFiles(folder).has("late"), false);
  });

  it("of the files that were mounted longest ago make room", () => {
    for (const [i, name] of ["old", "older"].entries()) {
      const path = join(folder.root, name);
      mkdirSync(path);
      writeFileSync(join(path, "x.index"), Buffer.alloc(40 * 2 ** 20));
      utimesSync(path, 1000 - i, 1000 - i);
    }
    saveIndex(folder, "text", Buffer.from("an index"));
    assert.deepEqual(readdirSync(folder.root).sort(), ["old", "state"]);
  });

  it("are kept in the user's cache directory, if there is one", () => {
    assert.equal(defaultIndexRoot({ HOME: "/home/me" }), "/home/me/.cache/h5fs");
    assert.equal(defaultIndexRoot({ HOME: "/home/me", XDG_CACHE_HOME: "/cache" }), "/cache/h5fs");
    assert.equal(defaultIndexRoot({ HOME: "/home/me", XDG_CACHE_HOME: "relative" }), "/home/me/.cache/h5fs");
    assert.equal(defaultIndexRoot({}), undefined);
  });

  it("have no place inside the mount, nor for a file that was changed just now", () => {
    // Made when the packages were installed.
    const old = openSync(createRequire(import.meta.url).resolve("mocha/package.json"), "r");
    try {
      assert.ok(indexFolder(folder.root, old, join(directory, "mount")) !== undefined);
      assert.equal(indexFolder(join(directory, "a", "b"), old, directory), undefined);
      assert.equal(indexFolder(undefined, old, "/elsewhere"), undefined);
      writeFileSync(join(directory, "data.h5"), "changed");
      assert.equal(indexFolder(folder.root, file, "/elsewhere"), undefined);
    } finally {
      closeSync(old);
    }
  });
});
