import assert from "node:assert/strict";
import { join } from "node:path";
import * as fc from "fast-check";
import h5wasm from "h5wasm/node";
import { createFileDataset, storeFile } from "../../../mount/writable/chunked-store.ts";
import { FileBuffer } from "../../../mount/writable/file-buffer.ts";
import { RangeReader } from "../../../src/chunk/read-range.ts";
import type { Dataset } from "../../../src/object/dataset.ts";
import type { H5File } from "../../../src/object/file.ts";
import { filtersFromText } from "../../../src/object/filter-text.ts";
import { addLink, named } from "../../../src/object/link-edit.ts";
import { createFile } from "../../../src/object/new-file.ts";
import { WritableFile } from "../../../src/object/writable-file.ts";
import { assertSound } from "../../support/sound.ts";
import { withTempDir } from "../../support/temp-dir.ts";

const STORED = ["none", "shuffle,gzip=1,fletcher32", "lzf", "lzo", "blosc=1", "bzip2=1"] as const;

const offset = fc.oneof(fc.nat(400_000), fc.constantFrom(0, 100, 65_535, 65_536, 131_072));
const step = fc.oneof(
  fc.record({ kind: fc.constant("write" as const), offset, length: fc.nat(50_000) }),
  fc.record({ kind: fc.constant("truncate" as const), offset, length: fc.constant(0) }),
);
const steps = fc.sample(fc.array(step, { minLength: 12, maxLength: 12 }), { numRuns: STORED.length, seed: 1 });

describe("files in chunks", function () {
  this.timeout(20_000);

  for (const [i, filters] of STORED.entries()) {
    it(`have the bytes that a plain array would have, written, cut off and grown: ${filters}`, () =>
      withTempDir(async (directory) => {
        const path = join(directory, "file.h5");
        createFile(path, { libver: i % 2 === 0 ? "earliest" : "v110" });
        const file = WritableFile.open(path);
        const live = file.read();
        const storage = { filters: filtersFromText(filters), chunkBytes: i === 4 ? 5000 : undefined };
        const address = file.transaction((transaction) => {
          const made = createFileDataset(transaction, 0, storage, []);
          addLink(transaction.edit, live.root.address, { ...named("f"), kind: "hard", address: made });
          return made;
        });
        let model = Buffer.alloc(0);
        for (const [n, { kind, offset: at, length }] of (steps[i] ?? []).entries()) {
          const buffer = new FileBuffer(storedBytes(live, address));
          const size = kind === "truncate" ? at : Math.max(model.length, at + length);
          const next = Buffer.alloc(size);
          model.copy(next, 0, 0, size);
          model = next;
          if (kind === "truncate") buffer.truncate(at);
          else {
            const data = Uint8Array.from({ length }, (_, k) => (k >> 4) * (n + 1));
            buffer.write(at, data);
            model.set(data, at);
          }
          file.transaction((transaction) => storeFile(transaction, dataset(live, address), buffer.change()));
          assert.ok(bytesOf(live, address).equals(model), `step ${n}`);
        }
        const { chunkDims } = chunksOf(dataset(live, address));
        assert.deepEqual(chunkDims, i === 4 ? [5000] : [65_536]);
        assertSound(live);
        file.close();
        if (!/^(none|.*gzip.*)$/.test(filters)) return;
        await h5wasm.ready;
        const read = new h5wasm.File(path, "r");
        const found = read.get("f");
        assert.ok(found instanceof h5wasm.Dataset && found.value instanceof Uint8Array);
        assert.ok(model.equals(found.value));
        read.close();
      }));
  }
});

function dataset(file: H5File, address: number): Dataset {
  const object = file.object(address);
  assert.ok(object.kind === "dataset");
  return object;
}

function chunksOf({ layout }: Dataset) {
  assert.ok(layout.kind === "chunked");
  return layout;
}

function bytesOf(file: H5File, address: number): Buffer {
  const { elementCount } = dataset(file, address);
  const bytes = Buffer.alloc(elementCount);
  storedBytes(file, address).read(0, bytes);
  return bytes;
}

function storedBytes(file: H5File, address: number) {
  return {
    size: dataset(file, address).elementCount,
    read: (offset: number, target: Uint8Array): void =>
      new RangeReader("portable", 0).readInto(dataset(file, address), "", offset, target),
  };
}
