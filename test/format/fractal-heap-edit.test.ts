import assert from "node:assert/strict";
import { copyFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { FormatContext } from "../../src/format/context.ts";
import { FractalHeap } from "../../src/format/fractal-heap.ts";
import { directBlockPrefix } from "../../src/format/fractal-heap-blocks.ts";
import { DoublingTable } from "../../src/format/fractal-heap-doubling-table.ts";
import { ATTRIBUTE_HEAP, FractalHeapEditor, LINK_HEAP } from "../../src/format/fractal-heap-edit.ts";
import {
  decodeFreeSections,
  encodeFreeSections,
  freeSectionListSize,
  readFreeSections,
} from "../../src/format/free-space-manager.ts";
import { lookup3 } from "../../src/format/lookup3.ts";
import { Reader } from "../../src/format/reader.ts";
import { Writer } from "../../src/format/writer.ts";
import type { H5File } from "../../src/object/file.ts";
import { WritableFile } from "../../src/object/writable-file.ts";
import { seededRandom } from "../storage/journal/cell-file.ts";
import { projectRoot } from "../support/project.ts";
import { withTempDir } from "../support/temp-dir.ts";

/** Objects by id, as hexadecimal: each is of one byte, repeated. */
type Model = Map<string, { readonly byte: number; readonly length: number }>;

const idOf = (hex: string): Uint8Array => Buffer.from(hex, "hex");

/** Every object is there, no two structures overlap, and the header's counts are those of what is there. */
function check(file: H5File, address: number, model: Model): FractalHeap {
  // What was decoded in another context may be out of date.
  const context = new FormatContext(file.context.space, file.context);
  const heap = FractalHeap.open(context, address);
  const { header } = heap;
  let managed = 0;
  let huge = 0;
  for (const [hex, { byte, length }] of model) {
    const object = heap.object(idOf(hex));
    assert.equal(object.length, length);
    assert.ok(object.every((found) => found === byte));
    if (hex.startsWith("00")) managed += length;
    else if (hex.startsWith("1")) huge += length;
  }
  const count = (start: string): number => [...model.keys()].filter((hex) => hex.startsWith(start)).length;
  assert.equal(header.managedObjects, count("00"));
  assert.deepEqual([header.hugeObjects, header.sizeOfHugeObjects], [count("1"), huge]);
  assert.equal(header.tinyObjects, count("2"));

  const extents = [...heap.extents(0)].sort((a, b) => a.address - b.address);
  for (const [i, { address: at, length }] of extents.entries()) {
    assert.ok(at + length <= (extents[i + 1]?.address ?? file.space.end));
  }
  const table = new DoublingTable(header);
  const prefix = directBlockPrefix(context, header, table);
  const direct = extents.filter(({ structure }) => structure === "fractal heap direct block");
  const blocks = direct.reduce((sum, { length }) => sum + length, 0);
  assert.equal(header.allocatedManagedSpace, blocks);
  const rows = header.rowsInRootIndirectBlock;
  const capacity = rows > 0 ? table.capacityOfRows(rows, prefix) : blocks > 0 ? table.capacity(0, prefix) : 0;
  assert.equal(header.managedSpace, rows > 0 ? table.rowOffset(rows) : blocks);
  assert.equal(header.freeSpaceInManagedBlocks, capacity - managed);
  // What is free in the blocks that are there is all in the manager's list.
  const { manager, sections } =
    header.freeSpaceManagerAddress === undefined
      ? { manager: undefined, sections: [] }
      : readFreeSections(context, header.freeSpaceManagerAddress);
  // libhdf5 fails where its list grows into room that it has left.
  assert.equal(manager?.listUsed, manager?.listAllocated);
  const free = sections.reduce((sum, { size }) => sum + size, 0);
  assert.equal(free, blocks - direct.length * prefix - managed);
  return heap;
}

describe("fractal heaps, edited in place", () => {
  for (const [name, layout, most] of [
    ["everything-latest.h5", LINK_HEAP, 4000],
    ["userblock.h5", ATTRIBUTE_HEAP, 6000],
    ["sizes-2-8-v18.h5", LINK_HEAP, 300],
    ["sizes-4-4-v18.h5", ATTRIBUTE_HEAP, 1000],
  ] as const) {
    it(`${name}: objects of all sizes come and go, and every count is right`, async () => {
      await withTempDir((directory) => {
        const path = join(directory, "heap.h5");
        copyFileSync(join(projectRoot(), "test/data/engine", name), path);
        const file = WritableFile.open(path);
        const random = seededRandom(name.length);
        const model: Model = new Map();
        const ids: string[] = [];
        const address = file.transaction(({ edit }) => FractalHeapEditor.create(edit, layout).address);
        const rounds = most < 500 ? 4 : 8;
        let largest = 0;
        for (let round = 0; round < rounds; round++) {
          file.transaction(({ edit }) => {
            const heap = FractalHeapEditor.open(edit, address);
            for (let n = 0; n < (most < 500 ? 60 : 400); n++) {
              const at = round % 2 === 0 ? Math.floor(random() * ids.length) : 0;
              const some = ids[at];
              if (some !== undefined && random() < (round % 4 < 2 ? 0.15 : 0.9)) {
                heap.remove(idOf(some));
                model.delete(some);
                ids.splice(at, 1);
                continue;
              }
              const length = 1 + Math.floor(random() ** 3 * most);
              const byte = n & 0xff;
              if (some !== undefined && random() < 0.1) {
                const old = model.get(some);
                const isTiny = some.startsWith("2");
                assert.equal(heap.overwrite(idOf(some), new Uint8Array(old?.length ?? 0).fill(byte)), !isTiny);
                if (!isTiny) model.set(some, { byte, length: old?.length ?? 0 });
                assert.equal(heap.overwrite(idOf(some), new Uint8Array((old?.length ?? 0) + 1)), false);
                continue;
              }
              const id = Buffer.from(heap.insert(new Uint8Array(length).fill(byte))).toString("hex");
              // Tiny objects have ids that are themselves.
              if (model.has(id)) heap.remove(idOf(id));
              else ids.push(id);
              model.set(id, { byte, length });
              if (n % 10 === 0) edit.writeEdited();
            }
          });
          const { header } = check(file.read(), address, model);
          largest = Math.max(largest, header.rowsInRootIndirectBlock);
        }
        const { directRows } = new DoublingTable(check(file.read(), address, model).header);
        if (most > 3000) assert.ok(largest > directRows, "no indirect block below the root");
        file.transaction(({ edit }) => {
          const heap = FractalHeapEditor.open(edit, address);
          for (const id of ids) heap.remove(idOf(id));
        });
        const { header } = check(file.read(), address, new Map());
        assert.deepEqual([header.rootBlockAddress, header.hugeObjectsBTreeAddress], [undefined, undefined]);
        file.transaction(({ edit }) => FractalHeapEditor.open(edit, address).free());
        file.close();
        assert.ok(statSync(path).size < 200_000);
      });
    });
  }
});

describe("free-space section list", () => {
  it("may have room between its last section and the checksum, as libhdf5 leaves it when a file is flushed", () => {
    const sizes = { sizeOfOffsets: 8, sizeOfLengths: 8 };
    const sections = [3, 3, 700].map((size, i) => ({ offset: 1000 * i, size, type: 0, data: new Uint8Array(0) }));
    const manager = {
      clientId: 0,
      totalSpace: 706,
      sections: 3,
      serializedSections: 3,
      ghostSections: 0,
      sectionClasses: 4,
      shrinkPercent: 80,
      expandPercent: 120,
      addressBits: 32,
      maxSectionSize: 65_536n,
      listAddress: 64,
      listUsed: 0,
      listAllocated: 0,
    };
    const w = new Writer(sizes);
    encodeFreeSections(w, manager, 4096, sections);
    assert.equal(w.position, freeSectionListSize(manager, sections, sizes));
    const padded = new Uint8Array(w.position + 20);
    padded.set(w.bytes.subarray(0, -4));
    new DataView(padded.buffer).setUint32(padded.length - 4, lookup3(padded.subarray(0, -4)), true);
    assert.deepEqual(decodeFreeSections(new Reader(padded, 64, "list", sizes), manager, 4096), sections);
  });
});
