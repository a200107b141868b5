import assert from "node:assert/strict";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { RangeReader } from "../../src/chunk/read-range.ts";
import { Dataset } from "../../src/object/dataset.ts";
import { H5File } from "../../src/object/file.ts";
import { tempDir } from "../support/temp-dir.ts";

const TYPES = {
  "<b": Int8Array,
  "<B": Uint8Array,
  "<h": Int16Array,
  "<H": Uint16Array,
  "<i": Int32Array,
  "<I": Uint32Array,
  "<q": BigInt64Array,
  "<Q": BigUint64Array,
  "<f": Float32Array,
  "<d": Float64Array,
} as const;
type Code = keyof typeof TYPES;

/** How a dataset is stored; from the format of version 1.10 on, each of the chunked ones has an index of its own. */
const STORAGES: Record<
  string,
  { shape: number[]; chunks?: number[]; maxshape?: (number | null)[]; compression?: number }
> = {
  scalar: { shape: [] },
  contiguous: { shape: [7] },
  single: { shape: [3, 4], chunks: [3, 4], maxshape: [3, 4] },
  fixedArray: { shape: [7, 5], chunks: [2, 3], maxshape: [7, 5], compression: 4 },
  extensibleArray: { shape: [40, 3], chunks: [2, 2], maxshape: [null, 3] },
  bTree: { shape: [9, 4], chunks: [2, 3], maxshape: [null, null], compression: 9 },
  fiveDimensions: { shape: [2, 3, 2, 1, 3], chunks: [1, 2, 2, 1, 2], maxshape: [2, null, 2, 1, 3], compression: 1 },
};

/** Random bits, the same in each run. */
function elements(code: Code, count: number): InstanceType<(typeof TYPES)[Code]> {
  const values = new TYPES[code](count);
  const bytes = new Uint8Array(values.buffer);
  let state = 0x2545f491 + count;
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return values;
}

describe("each numeric type in each storage, as h5wasm writes it", () => {
  for (const libver of ["earliest", "v108", "v110", "v112", "v114", "latest"] as const) {
    it(libver, async () => {
      await h5wasm.ready;
      const path = join(tempDir(), `${libver}.h5`);
      const written = new h5wasm.File(path, "w", { libver: [libver, "latest"] });
      const expected = new Map<string, Uint8Array>();
      for (const code of Object.keys(TYPES) as Code[]) {
        for (const [storage, options] of Object.entries(STORAGES)) {
          const name = `${code}-${storage}`;
          const data = elements(
            code,
            options.shape.reduce((product: number, dim) => product * dim, 1),
          );
          written.create_dataset({ name, data, dtype: code, ...options });
          expected.set(name, new Uint8Array(data.buffer));
        }
      }
      written.close();

      const file = H5File.open(path);
      const reader = new RangeReader();
      for (const [name, bytes] of expected) {
        const dataset = file.resolve(`/${name}`);
        assert.ok(dataset instanceof Dataset);
        assert.deepEqual(Buffer.from(reader.read(dataset, name, 0, bytes.length)), Buffer.from(bytes), name);
        assert.equal(dataset.elementCount * dataset.elementSize, bytes.length, name);
      }
      file.close();
    });
  }
});
