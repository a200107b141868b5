import assert from "node:assert/strict";
import {
  decodeHugeObjectRecord,
  decodeLinkCreationOrderRecord,
  decodeSharedMessageRecord,
  encodeHugeObjectRecord,
  encodeLinkCreationOrderRecord,
  encodeSharedMessageRecord,
  hugeObjectRecordSize,
  sharedMessageRecordSize,
} from "../../src/format/b-tree-v2-records.ts";
import { Reader } from "../../src/format/reader.ts";
import { Writer } from "../../src/format/writer.ts";

const SIZES = { sizeOfOffsets: 4, sizeOfLengths: 2 };
const reader = (...bytes: number[]): Reader => new Reader(Uint8Array.from(bytes), 0, "record", SIZES);

function written(encode: (w: Writer) => void): number[] {
  const w = new Writer(SIZES);
  encode(w);
  return [...w.bytes];
}

/** By the layouts of the specification (III.A.2, "Version 2 B-tree, Type N Record Layout"): few files have these. */
describe("records of version 2 B-trees", () => {
  it("types 1 to 4: huge objects", () => {
    const fields = { address: 0x20, length: 9, filterMask: undefined, memorySize: undefined, id: undefined };
    const head = [0x20, 0, 0, 0, 9, 0];
    const filters = [1, 0, 0, 0, 30, 0];
    const filtered = { ...fields, filterMask: 1, memorySize: 30 };
    const cases = [
      [1, [...head, 7, 0], { ...fields, id: 7 }],
      [2, [...head, ...filters, 7, 0], { ...filtered, id: 7 }],
      [3, head, fields],
      [4, [...head, ...filters], filtered],
    ] as const;
    for (const [type, bytes, expected] of cases) {
      assert.deepEqual(decodeHugeObjectRecord(reader(...bytes), type), expected);
      assert.equal(hugeObjectRecordSize(type, SIZES), bytes.length);
      assert.deepEqual(
        written((w) => encodeHugeObjectRecord(w, expected)),
        bytes,
      );
    }
  });

  it("type 6: creation order, signed", () => {
    const id = [1, 2, 3, 4, 5, 6, 7];
    const record = decodeLinkCreationOrderRecord(reader(5, 0, 0, 0, 1, 0, 0, 0, ...id));
    assert.deepEqual(record, { creationOrder: 2n ** 32n + 5n, heapId: Uint8Array.from(id) });
    const bytes = [0xfe, ...new Array<number>(7).fill(0xff), ...id];
    const negative = decodeLinkCreationOrderRecord(reader(...bytes));
    assert.equal(negative.creationOrder, -2n);
    assert.deepEqual(
      written((w) => encodeLinkCreationOrderRecord(w, negative)),
      bytes,
    );
  });

  it("type 7: shared messages, in the heap or in an object header", () => {
    const id = [1, 2, 3, 4, 5, 6, 7, 8];
    const bytesInHeap = [0, 0x78, 0x56, 0x34, 0x12, 3, 0, 0, 0, ...id];
    const inHeap = decodeSharedMessageRecord(reader(...bytesInHeap));
    const hash = 0x12345678;
    assert.deepEqual(inHeap, { location: "heap", hash, referenceCount: 3, heapId: Uint8Array.from(id) });
    const bytesInHeader = [1, 0x78, 0x56, 0x34, 0x12, 0, 3, 2, 0, 0x40, 0, 0, 0];
    const inHeader = decodeSharedMessageRecord(reader(...bytesInHeader));
    const expected = { location: "object header", hash, messageType: 3, index: 2, objectHeaderAddress: 0x40 };
    assert.deepEqual(inHeader, expected);
    assert.equal(sharedMessageRecordSize(SIZES), 17);
    assert.deepEqual(
      written((w) => encodeSharedMessageRecord(w, inHeap)),
      bytesInHeap,
    );
    assert.deepEqual(
      written((w) => encodeSharedMessageRecord(w, inHeader)),
      [...bytesInHeader, 0, 0, 0, 0],
    );
    assert.throws(() => decodeSharedMessageRecord(reader(2, ...id, ...id)), { name: "FormatError" });
  });
});
