import assert from "node:assert/strict";
import { filtersFrom, type NamedFilterSpec } from "../../src/object/filter-spec.ts";
import { filtersFromText, filtersToText } from "../../src/object/filter-text.ts";
import { packFilters, unpackFilters } from "../../src/object/pytables-filters.ts";

const values = (text: string, elementSize: number, chunkBytes: number): unknown =>
  filtersFrom(filtersFromText(text), { elementSize, chunkShape: [chunkBytes / elementSize] }).map(
    ({ id, clientData }) => [id, ...clientData],
  );

describe("filters as people write them", () => {
  it("are those that h5py and PyTables give a dataset", () => {
    assert.deepEqual(values("shuffle,gzip=5,fletcher32", 8, 65_536), [[2, 8], [1, 5], [3]]);
    assert.deepEqual(values("shuffle, lzf", 8, 800), [
      [2, 8],
      [32_000, 4, 261, 800],
    ]);
    assert.deepEqual(values("shuffle,blosc", 8, 65_536), [[32_001, 2, 2, 8, 65_536, 5, 1, 1]]);
    assert.deepEqual(values("zlib:3", 1, 128), [[1, 3]]);
    assert.deepEqual(values("none", 8, 8), []);
    assert.deepEqual(values("2 8\n32001 blosc 2 2 4 100 5 1", 8, 200), [
      [2, 8],
      [32_001, 2, 2, 4, 200, 5, 1],
    ]);
  });

  it("are written again as they were", () => {
    const texts = ["none", "shuffle,gzip=5,fletcher32", "lzf", "lzo=1", "bzip2=9", "blosc=5", "gzip=0"];
    for (const text of texts) {
      const specs = filtersFromText(text);
      assert.equal(
        filtersToText(specs.filter((spec): spec is NamedFilterSpec => typeof spec === "string" || !("id" in spec))),
        text,
      );
    }
  });

  it("are refused where h5fs cannot apply them", () => {
    const refused = ["zstd:3", "gzip=10", "gzip:", "shuffle=1", "blosc:what=3", "gzip:lz4=1", "szip", "1x", "4 szip 5"];
    for (const text of refused) assert.throws(() => filtersFromText(text), /filter|encoder|levels/, text);
  });
});

describe("PyTables' FILTERS", () => {
  // From the examples of `Filters._unpack`, and `Filters(5, "blosc", shuffle=True)._pack()`.
  const packed = [
    [0, "none"],
    [0x101, "gzip=1"],
    [0x30109, "fletcher32,shuffle,gzip=9"],
    [0x10405, "blosc=5"],
    [0x201, "lzo=1"],
    [0x303, "bzip2=3"],
  ] as const;

  it("are packed into a number, and unpacked", () => {
    for (const [number, text] of packed) {
      assert.equal(filtersToText(unpackFilters(number)), text);
      assert.equal(packFilters(filtersFromText(text)), number);
    }
  });

  it("have no place for others, and say others that are not written", () => {
    for (const text of ["lzf", "shuffle", "gzip=0", "gzip=1,lzo=1", "2 8"]) {
      assert.equal(packFilters(filtersFromText(text)), undefined, text);
    }
    // blosc2, and what later versions have.
    for (const number of [0x505, 0x705]) assert.throws(() => unpackFilters(number), /not written/);
  });
});
