import assert from "node:assert/strict";
import { copyFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { FormatContext } from "../../src/format/context.ts";
import { FractalHeap } from "../../src/format/fractal-heap.ts";
import { directBlockPrefix } from "../../src/format/fractal-heap-blocks.ts";
import { DoublingTable } from "../../src/format/fractal-heap-doubling-table.ts";
import { ATTRIBUTE_HEAP, FractalHeapEditor, LINK_HEAP } from "../../src/format/fractal-heap-edit.ts";
import { readFreeSections } from "../../src/format/free-space-manager.ts";
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
  const { sections } =
    header.freeSpaceManagerAddress === undefined
      ? { sections: [] }
      : readFreeSections(context, header.freeSpaceManagerAddress);
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
