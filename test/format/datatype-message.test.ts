import assert from "node:assert/strict";
import { FormatError, UnsupportedError } from "../../src/errors.ts";
import { decodeDatatype } from "../../src/format/datatype-message.ts";
import { le, readerOf, text } from "./bytes.ts";

const head = (version: number, datatypeClass: number, bits: number, size: number): number[] => [
  (version << 4) | datatypeClass,
  ...le(bits, 3),
  ...le(size, 4),
];
const int = (size: number, version = 1, bits = 8): number[] => [
  ...head(version, 0, bits, size),
  ...le(0, 2),
  ...le(8 * size, 2),
];

describe("datatype message", () => {
  it("reads version 1 compounds with array members, names padded to 8", () => {
    const member = [...text("matrix", 8), ...le(4, 4), 2, 0, 0, 0, ...le(0x0100, 4), ...le(0, 4)];
    const dims = [...le(2, 4), ...le(3, 4), ...le(0, 4), ...le(0, 4)];
    const plain = [...text("id", 8), ...le(0, 4), 0, 0, 0, 0, ...le(0, 24)];
    const t = decodeDatatype(readerOf([...head(1, 6, 2, 16), ...plain, ...int(4), ...member, ...dims, ...int(2)]));
    assert.ok(t.class === "compound");
    const [id, matrix] = t.members;
    assert.deepEqual([id?.name, id?.offset, id?.type.class], ["id", 0, "integer"]);
    assert.ok(matrix?.type.class === "array");
    assert.deepEqual([matrix.offset, matrix.type.dims, matrix.type.size], [4, [2, 3], 12]);
  });

  it("reads version 2 compounds with padded names, version 3 with neither padding nor wide offsets", () => {
    const two = decodeDatatype(readerOf([...head(2, 6, 1, 300), ...text("a", 8), ...le(296, 4), ...int(4, 2)]));
    const three = decodeDatatype(readerOf([...head(3, 6, 1, 300), ...text("a", 2), ...le(296, 2), ...int(4, 3)]));
    for (const t of [two, three]) assert.deepEqual(t.class === "compound" && t.members[0]?.offset, 296);
    // 255 is the largest size whose offsets take one byte.
    const small = decodeDatatype(readerOf([...head(3, 6, 1, 255), ...text("a", 2), 251, ...int(4, 3)]));
    assert.deepEqual(small.class === "compound" && small.members[0]?.offset, 251);
  });

  it("reads VAX order from version 3 on, and bit locations that count from the element's first bit", () => {
    const fields = [...le(0, 2), ...le(32, 2), 23, 8, 0, 23, ...le(129, 4)];
    const vax = decodeDatatype(readerOf([...head(3, 1, 0x1f41 | 0x20, 4), ...fields]));
    assert.ok(vax.class === "float");
    assert.deepEqual([vax.order, vax.normalization, vax.signLocation, vax.exponentBias], ["vax", "implied", 31, 129]);
    const old = decodeDatatype(readerOf([...head(1, 1, 0x1f41 | 0x20, 4), ...fields]));
    assert.equal(old.class === "float" && old.order, "big");
    const shifted = [...le(7, 2), ...le(20, 2), 20, 6, 7, 13, ...le(31, 4)];
    const odd = decodeDatatype(readerOf([...head(1, 1, (26 << 8) | 0x20, 4), ...shifted]));
    assert.deepEqual(odd.class === "float" && [odd.bitOffset, odd.precision, odd.signLocation], [7, 20, 26]);
    assert.throws(() => decodeDatatype(readerOf([...head(1, 1, (27 << 8) | 0x20, 4), ...shifted])), FormatError);
  });

  it("reads opaque tags, enumerations, vlen strings and arrays of versions 2 and 3", () => {
    const opaque = decodeDatatype(readerOf([...head(1, 5, 8, 3), ...text("tag", 8)]));
    assert.deepEqual(opaque, { class: "opaque", size: 3, tag: "tag", version: 1 });
    const names = [...text("A", 8), ...text("LONGNAME", 16)];
    const e = decodeDatatype(readerOf([...head(1, 8, 2, 2), ...int(2), ...names, 1, 0, 2, 1]));
    assert.ok(e.class === "enum");
    assert.deepEqual(
      e.members.map(({ name, value }) => [name, ...value]),
      [
        ["A", 1, 0],
        ["LONGNAME", 2, 1],
      ],
    );
    const s = decodeDatatype(readerOf([...head(1, 9, 0x111, 16), ...head(1, 3, 0, 1)]));
    assert.deepEqual(s.class === "vlen" && [s.kind, s.padding, s.charset], ["string", "null-padded", "utf-8"]);
    const two = [...head(2, 10, 0, 24), 2, 0, 0, 0, ...le(2, 4), ...le(3, 4), ...le(0, 8), ...int(4, 2)];
    const three = [...head(3, 10, 0, 24), 2, ...le(2, 4), ...le(3, 4), ...int(4, 3)];
    for (const bytes of [two, three]) {
      const t = decodeDatatype(readerOf(bytes));
      assert.deepEqual(t.class === "array" && t.dims, [2, 3]);
    }
  });

  it("refuses what is damaged", () => {
    const refused: [string, number[]][] = [
      ["version 0", int(4, 0)],
      ["version 6", int(4, 6)],
      ["class 12", head(3, 12, 0, 4)],
      ["size 0", int(0)],
      ["precision past the end", [...head(1, 0, 0, 2), ...le(4, 2), ...le(16, 2)]],
      ["truncated", int(4).slice(0, 10)],
      ["a member outside", [...head(3, 6, 1, 4), ...text("a", 2), 1, ...int(4, 3)]],
      [
        "members that overlap",
        [...head(3, 6, 2, 8), ...text("a", 2), 0, ...int(4, 3), ...text("b", 2), 2, ...int(4, 3)],
      ],
      ["a compound without members", head(3, 6, 0, 4)],
      ["an enumeration of floats", [...head(3, 8, 0, 4), ...head(3, 3, 0, 4)]],
      ["an array whose size is another", [...head(3, 10, 0, 25), 1, ...le(6, 4), ...int(4, 3)]],
      ["nested without end", Array.from({ length: 300 }, () => head(1, 9, 0, 16)).flat()],
    ];
    for (const [what, bytes] of refused) assert.throws(() => decodeDatatype(readerOf(bytes)), FormatError, what);
    assert.throws(() => decodeDatatype(readerOf([...head(5, 11, 1, 8), ...int(4, 5)])), UnsupportedError);
  });
});
