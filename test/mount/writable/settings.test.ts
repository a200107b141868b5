import assert from "node:assert/strict";
import { join } from "node:path";
import h5wasm, { type File } from "h5wasm/node";
import { createFileDataset } from "../../../mount/writable/chunked-store.ts";
import { NewFileSettings } from "../../../mount/writable/new-file-storage.ts";
import { changeSetting } from "../../../mount/writable/settings.ts";
import { filtersFromText } from "../../../src/object/filter-text.ts";
import { addLink, named } from "../../../src/object/link-edit.ts";
import { createGroup } from "../../../src/object/new-object.ts";
import { WritableFile } from "../../../src/object/writable-file.ts";
import { extendedAttribute, extendedAttributeNames } from "../../../src/tree/extended-attributes.ts";
import type { Node } from "../../../src/tree/node.ts";
import { Tree } from "../../../src/tree/tree.ts";
import { assertSound } from "../../support/sound.ts";
import { withTempDir } from "../../support/temp-dir.ts";

const VALUES = Float64Array.from({ length: 3000 }, (_, i) => i / 7);

describe("settings by extended attributes", () => {
  let file: WritableFile;
  let tree: Tree;

  /** Opens a file with the dataset `x` of 30 by 100, and the groups `a`, `a/b` and `c`. @param use and what libhdf5 reads then */
  function withFile(use: () => void, read: (file: File) => void = () => undefined): Promise<void> {
    return withTempDir(async (directory) => {
      await h5wasm.ready;
      const path = join(directory, "file.h5");
      const made = new h5wasm.File(path, "w");
      made.create_dataset({ name: "x", data: VALUES, shape: [30, 100] });
      made.close();
      file = WritableFile.open(path);
      tree = new Tree(file.read(), { onlyListed: true });
      file.transaction(({ edit }) => {
        const group = (parent: number, name: string): number => {
          const address = createGroup(edit, 0);
          addLink(edit, parent, { ...named(name), kind: "hard", address });
          return address;
        };
        group(group(tree.root.address, "a"), "b");
        group(tree.root.address, "c");
      });
      use();
      assertSound(file.read());
      file.close();
      const found = new h5wasm.File(path, "r");
      read(found);
      found.close();
    });
  }

  function node(path: string): Node {
    const found = tree.resolve(path);
    assert.ok(found !== undefined, path);
    return found;
  }

  function set(path: string, name: string, text: string | undefined): void {
    const value = text === undefined ? undefined : Buffer.from(text);
    file.transaction((transaction) => changeSetting(transaction, node(path), `user.h5fs.${name}`, value));
  }

  function get(path: string, name: string): string | undefined {
    const value = extendedAttribute(node(path), `user.h5fs.${name}`);
    return value && Buffer.from(value).toString();
  }

  it("write a dataset anew, with other chunks, filters, or room to grow", () =>
    withFile(
      () => {
        set("/x.npy", "filters", "shuffle,gzip=9,fletcher32");
        set("/x.npy", "chunks", "(10, _)");
        assert.equal(get("/x.npy", "chunks"), "(10, 100)");
        set("/x.npy", "maxshape", "None,100");
        assert.equal(get("/x.npy", "maxshape"), "(None, 100)");
        const filters = get("/x.npy", "filters");
        assert.equal(filters, "2 8\n1 9\n3");
        set("/x.npy", "filters", "none");
        assert.equal(get("/x.npy", "filters"), "");
        set("/x.npy", "filters", filters);
        assert.equal(get("/x.npy", "filters"), filters);
      },
      (read) => {
        const x = read.get("x");
        assert.ok(x instanceof h5wasm.Dataset);
        assert.deepEqual(
          [x.metadata.chunks, x.metadata.maxshape],
          [
            [10, 100],
            [2 ** 64, 100],
          ],
        );
        assert.deepEqual(
          x.filters.map(({ id }) => id),
          [2, 1, 3],
        );
        assert.deepEqual(x.value, VALUES);
      },
    ));

  it("are refused where they cannot be, and change nothing then", () =>
    withFile(() => {
      const refuses = (name: string, text: string, message: RegExp): void => {
        const wrong = { message };
        assert.throws(() => set("/x.npy", name, text), wrong, text);
      };
      refuses("filters", "zstd:3", /"zstd:3" is no filter that h5fs can apply: expected shuffle, fletcher32,/);
      refuses("filters", "32015 zstd 3", /zstd \(32015\) cannot be applied/);
      refuses("filters", "gzip=10", /no filter/);
      refuses("filters", "lzo=0", /levels 1 to 9/);
      refuses("chunks", "10,10,10", /chunks of 3 dimensions for a dataset of 2/);
      refuses("chunks", "31,100", /which can be at most 30/);
      refuses("chunks", "many", /expected a shape such as 1000,30/);
      refuses("maxshape", "29,100", /has 30 elements along dimension 0, not at most 29/);
      refuses("dtype", "f4", /user.h5fs.dtype cannot be set here/);
      assert.equal(get("/x.npy", "layout"), "contiguous");
    }));

  it("of a group are those of new files in and below it; PyTables' attribute FILTERS has what there is a place for", () =>
    withFile(
      () => {
        let changes = 0;
        const live = {
          get settings() {
            return changes++;
          },
        };
        const settings = new NewFileSettings(live, filtersFromText("gzip=1"), () => undefined);
        const stored = (path: string) => {
          const directory = node(path);
          assert.ok(directory.kind === "directory");
          return settings.in(directory);
        };
        set("/a", "filters", "shuffle,gzip=5");
        set("/a/b", "chunks", "4K");
        assert.deepEqual(stored("/a/b"), { filters: ["shuffle", { gzip: 5 }], chunkBytes: 4096 });
        assert.deepEqual(stored("/c"), { filters: [{ gzip: 1 }], chunkBytes: undefined });
        set("/c", "filters", "lzf");
        assert.deepEqual(stored("/c"), { filters: ["lzf"], chunkBytes: undefined });
        assert.deepEqual(
          [get("/c", "filters"), get("/a", "filters"), get("/a/b", "chunks")],
          ["lzf", "shuffle,gzip=5", "4096"],
        );
        assert.deepEqual(extendedAttributeNames(node("/c")), []);
        set("/a/b", "filters", "none");
        assert.deepEqual(stored("/a/b").filters, []);
        set("/a/b", "filters", undefined);
        assert.deepEqual(stored("/a/b").filters, ["shuffle", { gzip: 5 }]);
        assert.throws(() => set("/a", "filters", "snappy"), /no filter/);
        assert.throws(() => set("/a", "maxshape", "5"), /cannot be set here/);
        set("/", "libver", "v18");
        assert.throws(() => set("/", "libver", "v110"), /h5fs repack --libver v110/);
      },
      (read) => {
        const a = read.get("a");
        assert.ok(a instanceof h5wasm.Group);
        // Level 5, zlib (1), shuffle (1), as `Filters._pack` of PyTables packs them.
        assert.equal(a.attrs.FILTERS?.value, 0x010105n);
      },
    ));

  it("of a file are kept while it grows", () =>
    withFile(() => {
      file.transaction((transaction) => {
        const address = createFileDataset(transaction, 0, { filters: [], chunkBytes: undefined }, []);
        addLink(transaction.edit, tree.root.address, { ...named("f"), kind: "hard", address });
      });
      set("/f", "chunks", "1K");
      set("/f", "filters", "shuffle,blosc=3");
      assert.deepEqual([get("/f", "chunks"), get("/f", "filters")], ["(1024,)", "32001 blosc 2 2 1 1024 3 1 1"]);
      set("/f", "chunks", "2K");
      assert.equal(get("/f", "filters"), "32001 blosc 2 2 1 2048 3 1 1");
      assert.throws(() => set("/f", "maxshape", "5"), /cannot be set here/);
    }));
});
