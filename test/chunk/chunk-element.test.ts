import assert from "node:assert/strict";
import { join } from "node:path";
import { ChunkElement } from "../../src/chunk/chunk-element.ts";
import { BTreeV2 } from "../../src/format/b-tree-v2.ts";
import { RecordType } from "../../src/format/b-tree-v2-records.ts";
import { ExtensibleArray } from "../../src/format/extensible-array.ts";
import { FixedArray } from "../../src/format/fixed-array.ts";
import { Writer } from "../../src/format/writer.ts";
import { Dataset } from "../../src/object/dataset.ts";
import { H5File } from "../../src/object/file.ts";
import { walkObjects } from "../../src/object/walk.ts";
import { hdf5Files, projectRoot } from "../support/project.ts";

/** The elements of a dataset's index as stored, and how they are read. */
function elementsOf(dataset: Dataset): { element: ChunkElement; stored: Iterable<Uint8Array> } | undefined {
  const { layout, file, dims, maxDims, elementSize } = dataset;
  if (layout.kind !== "chunked" || layout.address === undefined) return undefined;
  const { chunkDims, version, indexing, address } = layout;
  const filtered = dataset.filters.length > 0;
  const { context } = file;
  const indexed = { context, dims, maxDims, chunkDims, elementSize, filtered, layoutVersion: version };
  const element = new ChunkElement(indexed);
  const client = { clientId: filtered ? 1 : 0, elementSize: element.size };
  switch (indexing.type) {
    case "b-tree-v2": {
      const type = filtered ? RecordType.filteredChunk : RecordType.chunk;
      return { element, stored: BTreeV2.open(context, address, type, element.size + 8 * dims.length).records() };
    }
    case "fixed-array": {
      const count = maxDims.reduce<number>((n, max, d) => n * Math.ceil((max ?? 0) / (chunkDims[d] ?? 1)), 1);
      const array = new FixedArray(context, address, client, count);
      return { element, stored: Array.from(array.elements(), ({ bytes }) => bytes) };
    }
    case "extensible-array": {
      const array = new ExtensibleArray(context, address, client);
      return { element, stored: Array.from(array.elements(), ({ bytes }) => bytes) };
    }
    default:
      return undefined;
  }
}

describe("elements of chunk indexes", () => {
  it("are written as they were read", () => {
    const counts: Record<string, number> = {};
    for (const path of hdf5Files(join(projectRoot(), "test/data/indexes"))) {
      const file = H5File.open(path);
      for (const { address } of walkObjects(file.root)) {
        const dataset = file.object(address);
        if (!(dataset instanceof Dataset) || dataset.layout.kind !== "chunked") continue;
        const found = elementsOf(dataset);
        if (found === undefined) continue;
        const kind = `${dataset.layout.indexing.type}${dataset.filters.length > 0 ? ", filtered" : ""}`;
        for (const stored of found.stored) {
          const w = new Writer(file.context);
          found.element.encode(w, found.element.decode(stored, 0));
          assert.deepEqual(Buffer.from(w.bytes), Buffer.from(stored.subarray(0, found.element.size)), dataset.path);
          counts[kind] = (counts[kind] ?? 0) + 1;
        }
      }
      file.close();
    }
    for (const index of ["b-tree-v2", "fixed-array", "extensible-array"]) {
      assert.ok((counts[index] ?? 0) > 500, `only ${counts[index]} of ${index} were compared`);
      assert.ok((counts[`${index}, filtered`] ?? 0) > 5, `only ${counts[`${index}, filtered`]} of ${index}, filtered`);
    }
  });
});
