import assert from "node:assert/strict";
import { DoublingTable } from "../../src/format/fractal-heap-doubling-table.ts";
import type { FractalHeapHeader } from "../../src/format/fractal-heap-header.ts";
import { decodeFractalHeapId, type FractalHeapId } from "../../src/format/fractal-heap-id.ts";

const SIZES = { sizeOfOffsets: 8, sizeOfLengths: 8 };

function header(heapIdLength: number): FractalHeapHeader {
  return {
    address: 0,
    heapIdLength,
    checksummedDirectBlocks: true,
    hugeIdsWrapped: false,
    maxManagedObjectSize: 4096,
    nextHugeObjectId: 0,
    hugeObjectsBTreeAddress: undefined,
    freeSpaceInManagedBlocks: 0,
    freeSpaceManagerAddress: undefined,
    managedSpace: 0,
    allocatedManagedSpace: 0,
    iteratorOffset: 0,
    managedObjects: 0,
    sizeOfHugeObjects: 0,
    hugeObjects: 0,
    sizeOfTinyObjects: 0,
    tinyObjects: 0,
    tableWidth: 4,
    startingBlockSize: 512,
    maxDirectBlockSize: 65536,
    offsetBits: 32,
    startingRowsInRootIndirectBlock: 1,
    rootBlockAddress: undefined,
    rowsInRootIndirectBlock: 0,
  };
}

function decode(id: number[]): FractalHeapId {
  const heap = header(id.length);
  return decodeFractalHeapId(Uint8Array.from(id), heap, new DoublingTable(heap), SIZES);
}

/** The examples follow the text of the specification (III.G, "Fractal Heap ID") and H5HF of the library. */
describe("fractal heap ids", () => {
  it("managed: offset in as many bytes as the heap's, length in as many as a direct block's", () => {
    assert.deepEqual(decode([0, 0x01, 0x02, 0, 0, 0x30, 0]), { kind: "managed", offset: 0x201, length: 0x30 });
  });

  it("tiny: a length of 4 bits in ids of up to 18 bytes", () => {
    const id = [0x2f, ...Array.from({ length: 17 }, (_, i) => i)];
    assert.deepEqual(decode(id), { kind: "tiny", bytes: Uint8Array.from({ length: 16 }, (_, i) => i) });
  });

  it("tiny: a length of 12 bits in longer ids", () => {
    const id = [0x20, 16, ...Array.from({ length: 17 }, (_, i) => i)];
    assert.deepEqual(decode(id), { kind: "tiny", bytes: Uint8Array.from({ length: 17 }, (_, i) => i) });
    assert.throws(() => decode([0x21, 0, ...id.slice(2)]), { name: "FormatError" });
  });

  it("huge: address and length where the id has room for both, else a key", () => {
    const direct = [0x10, 0x34, 0x12, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0];
    assert.deepEqual(decode(direct), { kind: "huge", address: 0x1234, length: 5 });
    assert.deepEqual(decode([0x10, 7, 1, 0, 0, 0, 0]), { kind: "huge-indirect", key: 0x107 });
    assert.deepEqual(decode(direct.slice(0, 16)), { kind: "huge-indirect", key: 0x1234 });
  });
});

describe("doubling table", () => {
  const table = new DoublingTable(header(7));

  it("has two rows of the starting size, then doubles", () => {
    assert.deepEqual(
      [0, 1, 2, 3, 8].map((row) => table.blockSize(row)),
      [512, 512, 1024, 2048, 65536],
    );
    assert.deepEqual(
      [0, 1, 2, 3].map((row) => table.rowOffset(row)),
      [0, 2048, 4096, 8192],
    );
    assert.equal(table.directRows, 9);
  });

  it("finds the row of every offset", () => {
    for (let row = 0; row < 20; row++) {
      const first = table.rowOffset(row);
      assert.equal(table.rowOf(first), row);
      assert.equal(table.rowOf(first + 4 * table.blockSize(row) - 1), row);
    }
  });

  it("gives a child indirect block the rows that span its size", () => {
    const rows = table.rowsInBlock(table.blockSize(9));
    assert.equal(table.rowOffset(rows), table.blockSize(9));
  });
});
