import assert from "node:assert/strict";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { encodeAhead, type FutureElements } from "../../../mount/writable/encode-ahead.ts";
import { elementsOfText } from "../../../mount/writable/future-elements.ts";
import { compareText, textEdit, writeText } from "../../../mount/writable/text-edit.ts";
import { EncodedChunks } from "../../../src/chunk/encoded-chunks.ts";
import { datasetAt } from "../../../src/object/dataset-at.ts";
import { WritableFile } from "../../../src/object/writable-file.ts";
import { writeSelection } from "../../../src/object/write-dataset.ts";
import { Tree } from "../../../src/tree/tree.ts";
import { resultOf } from "../../../src/view/result-of.ts";
import { assertSoundAt } from "../../support/sound.ts";
import { removeTempDir, tempDir } from "../../support/temp-dir.ts";

/** Counts what is found. */
class Counted extends EncodedChunks {
  found = 0;
  readonly #chunks: EncodedChunks;

  constructor(chunks: EncodedChunks) {
    super();
    this.#chunks = chunks;
  }

  override find(...args: Parameters<EncodedChunks["find"]>): ReturnType<EncodedChunks["find"]> {
    const known = this.#chunks.find(...args);
    if (known !== undefined) this.found++;
    return known;
  }
}

describe("chunks that are encoded before they are written", () => {
  let directory: string;
  let path: string;

  before(() => h5wasm.ready);

  beforeEach(() => {
    directory = tempDir();
    path = join(directory, "file.h5");
  });

  afterEach(() => removeTempDir(directory));

  function make(dims: number[], chunks: number[]): Int32Array {
    const data = Int32Array.from({ length: dims.reduce((a, b) => a * b) }, (_, i) => i);
    const file = new h5wasm.File(path, "w");
    file.create_dataset({ name: "x", data, shape: dims, chunks, compression: 4 });
    file.close();
    return data;
  }

  function assertIs(expected: Int32Array): void {
    const file = new h5wasm.File(path, "r");
    const x = file.get("x");
    assert.ok(x instanceof h5wasm.Dataset && x.value instanceof Int32Array);
    assert.deepEqual(x.value, expected);
    file.close();
    assertSoundAt(path);
  }

  for (const { dims, chunks, whole } of [
    { dims: [1000], chunks: [100], whole: 10 },
    { dims: [1050], chunks: [100], whole: 10 },
    { dims: [25, 40], chunks: [10, 8], whole: 10 },
    { dims: [25, 40], chunks: [10, 40], whole: 2 },
    { dims: [5, 6, 7], chunks: [2, 3, 7], whole: 4 },
    { dims: [3, 3], chunks: [2, 2], whole: 1 },
  ]) {
    it(`are those that are written, but for the edges: ${dims} in ${chunks}`, () => {
      make(dims, chunks);
      const after = Int32Array.from({ length: dims.reduce((a, b) => a * b) }, (_, i) => 3 * i);
      const bytes = new Uint8Array(after.buffer);
      const file = WritableFile.open(path);
      const address = file.read().root.get("x").address;
      const future: FutureElements = {
        dims,
        range: [0, bytes.length],
        changes: () => true,
        read: (from, target) => {
          target.set(bytes.subarray(from, from + target.length));
          return true;
        },
      };
      const counted = new Counted(resultOf(encodeAhead(datasetAt(file.read(), address), future)));
      const selectors = dims.map((count) => ({ kind: "range", start: 0, step: 1, count }) as const);
      file.transaction((transaction) => {
        writeSelection(transaction, address, { selectors, runs: [{ offset: 0, length: 4 }] }, bytes);
      }, counted);
      file.close();
      assert.equal(counted.found, whole);
      assertIs(after);
    });
  }

  it("are only those that a text changes; what is wrong with them changes nothing", () => {
    const values = make([1000], [100]);
    const file = WritableFile.open(path);
    const tree = new Tree(file.read());
    const node = tree.lookup(tree.root, "x.csv");
    assert.ok(node?.kind === "file" && node.object.kind === "dataset");
    for (const row of [7, 8, 250, 299, 300, 950]) values[row] = -row;
    const bytes = Buffer.from(`x\n${values.join("\n")}\n`);
    const text = { size: bytes.length, read: (at: number, length: number) => bytes.subarray(at, at + length) };
    const edit = textEdit({ node, dataset: node.object, text, after: undefined, isWhole: true, isExact: true });
    const change = resultOf(compareText(edit));
    const future = elementsOfText(edit.dataset, change);
    assert.deepEqual(
      Array.from({ length: 10 }, (_, i) => future.changes(i * 400, (i + 1) * 400)),
      [true, false, true, true, false, false, false, false, false, true],
    );
    assert.deepEqual(future.range, [28, 3804]);
    const counted = new Counted(resultOf(encodeAhead(edit.dataset, future)));
    file.transaction((transaction) => writeText(transaction, edit, change), counted);
    assert.equal(counted.found, 4);
    const wrong = new Counted(
      resultOf(encodeAhead(edit.dataset, { ...future, read: (_, target) => target.fill(1).length > 0 })),
    );
    values[7] = 70;
    const selectors = [{ kind: "range", start: 7, step: 1, count: 1 }] as const;
    const seventy = new Uint8Array(Int32Array.of(70).buffer);
    file.transaction((transaction) => {
      writeSelection(transaction, node.address, { selectors, runs: [{ offset: 0, length: 4 }] }, seventy);
    }, wrong);
    file.close();
    assert.equal(wrong.found, 0);
    assertIs(values);
  });

  it("are found by their bytes and filters, and by nothing less", () => {
    const deflate = { id: 1, name: "deflate", optional: true, clientData: [4] };
    const chunks = new EncodedChunks();
    const bytes = new Uint8Array(1000).fill(1);
    chunks.add(bytes.slice(), [deflate]);
    assert.ok(chunks.find(bytes, [deflate]) !== undefined);
    assert.equal(chunks.find(bytes, [{ ...deflate, clientData: [5] }]), undefined);
    assert.equal(chunks.find(bytes, [deflate, deflate]), undefined);
    assert.equal(chunks.find(bytes.subarray(1), [deflate]), undefined);
    bytes[999] = 2;
    assert.equal(chunks.find(bytes, [deflate]), undefined);
  });
});
