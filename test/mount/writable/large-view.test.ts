import assert from "node:assert/strict";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { FileBuffer } from "../../../mount/writable/file-buffer.ts";
import { announcedShape, hasHeader, storablePart, storePart } from "../../../mount/writable/large-view.ts";
import { reshape } from "../../../mount/writable/reshape.ts";
import { applyView } from "../../../mount/writable/view-store.ts";
import { RangeReader } from "../../../src/chunk/read-range.ts";
import { floatType } from "../../../src/object/datatypes.ts";
import { WritableFile } from "../../../src/object/writable-file.ts";
import { contentOf } from "../../../src/tree/content.ts";
import { Tree } from "../../../src/tree/tree.ts";
import { encodeNpyHeader } from "../../../src/view/npy.ts";
import { withTempDir } from "../../support/temp-dir.ts";

const [ROWS, COLUMNS] = [400, 300];

describe("a large array that is written through its .npy", function () {
  this.timeout(20_000);

  for (const chunks of [[64, 100], [7, 300], undefined]) {
    it(`is stored as it comes, in whole rows of chunks, in little memory: ${chunks}`, () =>
      withTempDir(async (directory) => {
        await h5wasm.ready;
        const path = join(directory, "file.h5");
        const made = new h5wasm.File(path, "w");
        const data = new Float32Array(ROWS * COLUMNS).map((_, i) => -i);
        made.create_dataset({
          name: "x",
          data,
          shape: [ROWS, COLUMNS],
          ...(chunks !== undefined && { chunks, compression: 1 }),
        });
        made.close();
        const { file, node, dataset, header, stored } = open(path);
        const buffer = new FileBuffer(stored());
        assert.ok(buffer.isInPlace);
        const next = new Float32Array(ROWS * COLUMNS).map((_, i) => i * 3);
        const bytes = Buffer.concat([header, Buffer.from(next.buffer)]);
        buffer.truncate(0);
        let parts = 0;
        let most = 0;
        for (let at = 0; at < bytes.length; at += 10_000) {
          buffer.write(at, bytes.subarray(at, at + 10_000));
          assert.ok(hasHeader(node, dataset(), buffer));
          const part = storablePart(node, dataset(), buffer);
          most = Math.max(most, buffer.memory);
          if (part === undefined) continue;
          file.transaction((transaction) => storePart(transaction, node, dataset(), buffer, part));
          buffer.storedTo(part.to);
          parts++;
        }
        assert.ok(parts > 5 && most < 110_000, `${parts} parts, ${most} bytes`);
        assert.ok(bytes.equals(buffer.bytes()));
        file.transaction((transaction) =>
          applyView(transaction, {
            node,
            dataset: dataset(),
            buffer,
            isOvertaken: false,
            isWhole: false,
            oldText: () => new Uint8Array(0),
          }),
        );
        file.close();
        const read = new h5wasm.File(path, "r");
        const found = read.get("x");
        assert.ok(found instanceof h5wasm.Dataset && found.value instanceof Float32Array);
        assert.deepEqual(found.value, next);
        read.close();
      }));
  }

  it("makes the dataset of the shape and type that its header says, before the rest is there", () =>
    withTempDir(async (directory) => {
      await h5wasm.ready;
      const path = join(directory, "file.h5");
      const made = new h5wasm.File(path, "w");
      made.create_dataset({ name: "x", data: Int16Array.of(1, 2, 3), chunks: [2], compression: 1 });
      made.close();
      const { file, node, dataset, stored } = open(path);
      const buffer = new FileBuffer(stored());
      const dims = [ROWS, COLUMNS];
      const header = encodeNpyHeader(floatType(8, "little"), dims);
      const next = new Float64Array(ROWS * COLUMNS).map((_, i) => i / 2);
      const bytes = Buffer.concat([header, Buffer.from(next.buffer)]);
      buffer.truncate(0);
      buffer.write(0, bytes.subarray(0, 10));
      assert.equal(announcedShape(node, dataset(), buffer), undefined);
      buffer.write(10, bytes.subarray(10, 5000));
      const shape = announcedShape(node, dataset(), buffer);
      assert.ok(shape !== undefined && shape.datatype !== undefined);
      assert.deepEqual(shape.dims, dims);
      file.transaction((transaction) => reshape(transaction, dataset(), shape));
      buffer.storedAnew(stored());
      assert.equal(announcedShape(node, dataset(), buffer), undefined);
      for (let at = 5000; at < bytes.length; at += 100_000) {
        buffer.write(at, bytes.subarray(at, at + 100_000));
        const part = storablePart(node, dataset(), buffer);
        if (part === undefined) continue;
        file.transaction((transaction) => storePart(transaction, node, dataset(), buffer, part));
        buffer.storedTo(part.to);
        assert.ok(bytes.subarray(0, buffer.size).equals(buffer.bytes()), `up to ${part.to}`);
      }
      file.close();
      const read = new h5wasm.File(path, "r");
      const found = read.get("x");
      assert.ok(found instanceof h5wasm.Dataset);
      assert.deepEqual([found.shape, found.value, found.filters.map(({ id }) => id)], [dims, next, [1]]);
      read.close();
    }));
});

/** `x.npy` of a file, and its bytes as they are stored now. */
function open(path: string) {
  const file = WritableFile.open(path);
  const tree = new Tree(file.read(), { onlyListed: true });
  const node = tree.lookup(tree.root, "x.npy");
  assert.ok(node?.kind === "file");
  const dataset = () => {
    assert.ok(node.object.kind === "dataset");
    return node.object;
  };
  const content = () => {
    const found = contentOf(node);
    assert.ok(found.kind === "stored");
    return found;
  };
  const stored = () => {
    const { header, size } = content();
    return {
      size,
      read: (offset: number, target: Uint8Array) => {
        const start = header.subarray(offset, offset + target.length);
        target.set(start);
        const rest = target.subarray(start.length);
        const from = Math.max(0, offset - header.length);
        if (rest.length > 0) new RangeReader("portable", 0).readInto(dataset(), `${file.read().id}`, from, rest);
      },
    };
  };
  return { file, node, dataset, header: content().header, stored };
}
