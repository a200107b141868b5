import assert from "node:assert/strict";
import { FormatError } from "../../src/errors.ts";
import { decodeAttributeMessage } from "../../src/format/attribute-message.ts";
import { decodeDataLayout } from "../../src/format/data-layout.ts";
import { decodeDataspace } from "../../src/format/dataspace.ts";
import { decodeFillValue, decodeFillValueOld } from "../../src/format/fill-value.ts";
import { decodeFilterPipeline } from "../../src/format/filter-pipeline.ts";
import { decodeLink } from "../../src/format/link.ts";
import { decodeModificationTime, decodeModificationTimeOld } from "../../src/format/modification-time.ts";
import { decodeSharedMessage } from "../../src/format/shared-message.ts";
import { le, readerOf, text, UNDEFINED_8 } from "./bytes.ts";

describe("dataspace message", () => {
  it("reads both versions", () => {
    const v1 = readerOf([1, 2, 1, 0, ...le(0, 4), ...le(3, 8), ...le(4, 8), ...UNDEFINED_8, ...le(4, 8)]);
    assert.deepEqual(decodeDataspace(v1), {
      kind: "simple",
      dims: [3, 4],
      maxDims: [undefined, 4],
      maxDimsStored: true,
    });
    assert.deepEqual(decodeDataspace(readerOf([1, 0, 0, 0, 0, 0, 0, 0])).kind, "scalar");
    assert.deepEqual(decodeDataspace(readerOf([2, 0, 0, 2])), { kind: "null" });
    const narrow = { sizeOfOffsets: 8, sizeOfLengths: 2 };
    const v2 = decodeDataspace(readerOf([2, 1, 1, 1, 7, 0, 0xff, 0xff], narrow));
    assert.deepEqual(v2, { kind: "simple", dims: [7], maxDims: [undefined], maxDimsStored: true });
  });

  it("refuses damage", () => {
    for (const bytes of [
      [3, 0, 0, 0],
      [2, 33, 0, 1],
      [2, 1, 0, 0, ...le(1, 8)],
      [2, 0, 0, 3],
      [2, 1, 0, 1, 1],
    ]) {
      assert.throws(() => decodeDataspace(readerOf(bytes)), FormatError);
    }
    assert.throws(() => decodeDataspace(readerOf([2, 1, 1, 1, ...le(5, 8), ...le(4, 8)])), /dimension 0 is 5/);
  });
});

describe("data layout message", () => {
  it("reads versions 1 and 2, of HDF5 before 1.6.3", () => {
    const contiguous = [1, 1, 1, ...le(0, 5), ...le(0x800, 8), ...le(10, 4)];
    const found = decodeDataLayout(readerOf(contiguous));
    assert.deepEqual(found, { kind: "contiguous", version: 1, address: 0x800, size: undefined });
    const chunked = decodeDataLayout(
      readerOf([2, 3, 2, ...le(0, 5), ...UNDEFINED_8, ...le(5, 4), ...le(6, 4), ...le(4, 4)]),
    );
    assert.ok(chunked.kind === "chunked");
    assert.deepEqual([chunked.chunkDims, chunked.elementSize, chunked.address], [[5, 6], 4, undefined]);
    const compact = decodeDataLayout(readerOf([2, 1, 0, ...le(0, 5), ...le(3, 4), ...le(3, 4), 7, 8, 9]));
    assert.deepEqual(compact.kind === "compact" && [...compact.bytes], [7, 8, 9]);
  });

  it("reads the parameters of every chunk index of version 4", () => {
    const layout = (flags: number, index: number[]) =>
      decodeDataLayout(readerOf([4, 2, flags, 2, 2, ...le(300, 2), ...le(8, 2), ...index, ...le(0x900, 8)]));
    const indexing = (flags: number, index: number[]) => {
      const found = layout(flags, index);
      assert.ok(found.kind === "chunked");
      assert.deepEqual([found.chunkDims, found.elementSize, found.address], [[300], 8, 0x900]);
      return found.indexing;
    };
    assert.deepEqual(indexing(0, [1]), { type: "single", storedSize: undefined, filterMask: 0 });
    assert.deepEqual(indexing(2, [1, ...le(77, 8), ...le(5, 4)]), { type: "single", storedSize: 77, filterMask: 5 });
    assert.deepEqual(indexing(0, [2]), { type: "implicit" });
    assert.deepEqual(indexing(0, [3, 10]), { type: "fixed-array", pageBits: 10 });
    assert.deepEqual(indexing(0, [4, 32, 4, 5, 16, 10]), {
      type: "extensible-array",
      maxBits: 32,
      indexElements: 4,
      minPointers: 5,
      minElements: 16,
      pageBits: 10,
    });
    const tree = { type: "b-tree-v2", nodeSize: 2048, splitPercent: 100, mergePercent: 40 };
    assert.deepEqual(indexing(0, [5, ...le(2048, 4), 100, 40]), tree);
    const edge = layout(1, [2]);
    assert.equal(edge.kind === "chunked" && edge.edgeChunksUnfiltered, true);
    for (const [flags, index] of [
      [4, [2]],
      [0, [0]],
      [0, [6]],
      [0, [3, 0]],
    ] as const) {
      assert.throws(() => layout(flags, [...index]), FormatError);
    }
  });

  it("refuses damage", () => {
    const refused = [
      [0, 1],
      [6, 1],
      [3, 4, ...le(0, 20)],
      [3, 0, 4, 0, 1],
      [3, 2, 1, ...le(0, 8), ...le(4, 4)],
      [3, 2, 2, ...le(0, 8), ...le(0, 4), ...le(4, 4)],
      [4, 2, 0, 2, 9, ...le(0, 30)],
      [3, 2, 34, ...le(0, 8), ...le(1, 200)],
    ];
    for (const bytes of refused) assert.throws(() => decodeDataLayout(readerOf(bytes)), FormatError);
  });
});

describe("fill value messages", () => {
  it("reads every version", () => {
    const value = (bytes: number[]) => [...(decodeFillValue(readerOf(bytes)).value ?? [])];
    assert.deepEqual([...(decodeFillValueOld(readerOf([2, 0, 0, 0, 5, 6])).value ?? [])], [5, 6]);
    assert.deepEqual(value([1, 2, 0, 1, 2, 0, 0, 0, 5, 6]), [5, 6]);
    assert.deepEqual(value([1, 2, 0, 0, 0xff, 0xff, 0xff, 0xff]), []);
    assert.deepEqual(value([2, 2, 0, 1, 1, 0, 0, 0, 9]), [9]);
    assert.deepEqual(value([2, 2, 0, 0]), []);
    assert.deepEqual(value([3, 0x2a, 2, 0, 0, 0, 7, 8]), [7, 8]);
    assert.deepEqual(value([3, 0x0a]), []);
    assert.throws(() => value([3, 0x3a, 0, 0, 0, 0]), /both defined and undefined/);
    assert.throws(() => value([2, 2, 0, 1, 9, 0, 0, 0, 1]), FormatError);
  });
});

describe("filter pipeline message", () => {
  it("reads version 1, with names and padding, and version 2, without", () => {
    const deflate = [
      ...le(1, 2),
      ...le(8, 2),
      ...le(1, 2),
      ...le(1, 2),
      ...text("deflate", 8),
      ...le(6, 4),
      ...le(0, 4),
    ];
    const fletcher = [...le(3, 2), ...le(0, 2), ...le(0, 2), ...le(0, 2)];
    assert.deepEqual(decodeFilterPipeline(readerOf([1, 2, ...le(0, 6), ...deflate, ...fletcher])), [
      { id: 1, name: "deflate", optional: true, clientData: [6] },
      { id: 3, name: "", optional: false, clientData: [] },
    ]);
    const lzf = [...le(32000, 2), ...le(4, 2), ...le(1, 2), ...le(1, 2), ...text("lzf", 4), ...le(4, 4)];
    assert.deepEqual(
      decodeFilterPipeline(readerOf([2, 2, ...le(2, 2), ...le(1, 2), ...le(1, 2), ...le(4, 4), ...lzf])),
      [
        { id: 2, name: "", optional: true, clientData: [4] },
        { id: 32000, name: "lzf", optional: true, clientData: [4] },
      ],
    );
    assert.throws(() => decodeFilterPipeline(readerOf([2, 33])), FormatError);
    assert.throws(() => decodeFilterPipeline(readerOf([2, 1, ...le(1, 2), 0, 0, 0xff, 0xff])), FormatError);
  });
});

describe("link message", () => {
  it("reads each type of link", () => {
    const hard = decodeLink(readerOf([1, 0, 1, ...text("a"), ...le(0x60, 8)]));
    assert.deepEqual(hard, { kind: "hard", name: "a", creationOrder: undefined, charset: "ascii", address: 0x60 });
    const soft = decodeLink(readerOf([1, 0x1c, 1, ...le(7, 8), 1, 1, ...text("b"), 2, 0, ...text("/x")]));
    assert.deepEqual(soft, { kind: "soft", name: "b", creationOrder: 7, charset: "utf-8", target: "/x" });
    const target = [0, ...text("f.h5\0/x\0")];
    const external = decodeLink(readerOf([1, 8, 64, 1, ...text("c"), ...le(target.length, 2), ...target]));
    assert.deepEqual(external, {
      kind: "external",
      name: "c",
      creationOrder: undefined,
      charset: "ascii",
      file: "f.h5",
      target: "/x",
    });
    const user = decodeLink(readerOf([1, 8, 187, 1, ...text("d"), 1, 0, 0x2a]));
    assert.deepEqual(user.kind === "user" && [user.type, ...user.data], [187, 0x2a]);
  });

  it("refuses damage", () => {
    const refused = [
      [2, 0, 1, 0x61, ...le(0, 8)],
      [1, 0x20, 1, 0x61, ...le(0, 8)],
      [1, 0, 0, ...le(0, 8)],
      [1, 8, 2, 1, 0x61, ...le(0, 8)],
      [1, 0, 1, 0x61, ...UNDEFINED_8],
      [1, 8, 1, 1, 0x61, 9, 0, 0x62],
      [1, 8, 64, 1, 0x61, 3, 0, 0, ...text("ab"), 0x63],
    ];
    for (const bytes of refused) assert.throws(() => decodeLink(readerOf(bytes)), FormatError);
  });
});

describe("attribute message", () => {
  it("reads version 1 with its padding, and versions 2 and 3 without", () => {
    const datatype = [0x10, 8, 0, 0, ...le(4, 4), 0, 0, 32, 0];
    const sizes = [...le(3, 2), ...le(12, 2), ...le(4, 2)];
    const v1 = [1, 0, ...sizes, ...text("ab", 8), ...datatype, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 9, 9, 9];
    const v2 = [2, 0, ...sizes, ...text("ab", 3), ...datatype, 2, 0, 0, 0, 9, 9, 9, 9];
    const v3 = [3, 1, ...sizes, 1, ...text("ab", 3), ...datatype, 2, 0, 0, 0, 9, 9, 9, 9];
    for (const bytes of [v1, v2, v3]) {
      const found = decodeAttributeMessage(readerOf(bytes));
      assert.equal(found.name, "ab");
      assert.equal(found.datatype.reader.bytes.length, 12);
      assert.deepEqual([...found.data], [9, 9, 9, 9]);
      assert.equal(found.datatype.shared, bytes === v3);
    }
    assert.throws(() => decodeAttributeMessage(readerOf([2, 0, 0xff, 0xff, 0, 0, 0, 0])), FormatError);
  });
});

describe("small messages", () => {
  it("reads modification times, new and old", () => {
    assert.equal(decodeModificationTime(readerOf([1, 0, 0, 0, ...le(1_000_000_000, 4)])), 1_000_000_000);
    assert.equal(decodeModificationTimeOld(readerOf([...text("20010909014640"), 0, 0])), 1_000_000_000);
    assert.throws(() => decodeModificationTimeOld(readerOf(text("2001090901464x"))), FormatError);
  });

  it("reads references to shared messages of each version", () => {
    assert.equal(decodeSharedMessage(readerOf([1, 0, ...le(0, 6), ...le(0, 8), ...le(0x123, 8)])), 0x123);
    assert.equal(decodeSharedMessage(readerOf([2, 0, ...le(0x123, 8)])), 0x123);
    assert.equal(decodeSharedMessage(readerOf([3, 2, ...le(0x123, 8)])), 0x123);
    assert.throws(() => decodeSharedMessage(readerOf([3, 1, ...le(1, 8)])), /shared message heap/);
    assert.throws(() => decodeSharedMessage(readerOf([4, 2, ...le(1, 8)])), FormatError);
  });
});
