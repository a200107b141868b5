import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { Dataset } from "../../src/object/dataset.ts";
import { H5File } from "../../src/object/file.ts";
import { attachSnapshot, LocalFile } from "../../src/storage/local-file.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { tempDir } from "../support/temp-dir.ts";

describe("a file that h5wasm writes", () => {
  let path: string;

  before(async () => {
    await h5wasm.ready;
    path = join(tempDir(), "wasm.h5");
    const file = new h5wasm.File(path, "w");
    const group = file.create_group("outer");
    group.create_attribute("title", "a text");
    group.create_dataset({ name: "numbers", data: new Float64Array([1.5, -2, 1e300]), shape: [3] });
    group.create_dataset({
      name: "packed",
      data: Int32Array.from({ length: 100 }, (_, i) => i),
      shape: [10, 10],
      chunks: [5, 5],
      compression: "gzip",
      maxshape: [null, 10],
    });
    file.create_soft_link("/outer/numbers", "alias");
    file.create_external_link("other.h5", "/x", "elsewhere");
    file.close();
  });

  it("has the structure that was written", () => {
    const file = H5File.open(path);
    assert.equal(file.superblock.version, 2);
    assert.deepEqual(
      [...file.root.links()].map(({ name, kind }) => [name, kind]),
      [
        ["alias", "soft"],
        ["elsewhere", "external"],
        ["outer", "hard"],
      ],
    );
    const numbers = file.resolve("/alias");
    assert.ok(numbers instanceof Dataset && numbers.storage.kind === "contiguous");
    assert.equal(numbers.datatype.class, "float");
    const { address } = numbers.storage;
    assert.ok(address !== undefined);
    assert.deepEqual([...new Float64Array(file.space.read(address, 24, "data").slice().buffer)], [1.5, -2, 1e300]);
    const packed = file.resolve("/outer/packed");
    assert.ok(packed instanceof Dataset && packed.storage.kind === "chunked");
    assert.deepEqual(packed.maxDims, [undefined, 10]);
    assert.deepEqual(packed.storage.geometry.chunkDims, [5, 5]);
    assert.deepEqual(
      packed.filters.map(({ id }) => id),
      [1],
    );
    assert.equal([...packed.storage.index.entries()].length, 4);
    assert.equal(file.resolve("/outer").attribute("title")?.datatype.class, "vlen");
    file.close();
  });

  it("is the same from memory, and from a snapshot that another thread would attach to", () => {
    const memory = H5File.open(new MemoryStorage(new Uint8Array(readFileSync(path))));
    assert.equal(memory.resolve("/outer").kind, "group");
    const local = LocalFile.open(path);
    const description = structuredClone(local.snapshot().describe());
    const attached = H5File.attach(attachSnapshot(description), description.path);
    assert.equal(attached.resolve("/outer/numbers").address, memory.resolve("/outer/numbers").address);
    attached.close();
    assert.equal(local.snapshot().read(1, 3).length, 3);
    local.close();
  });
});
