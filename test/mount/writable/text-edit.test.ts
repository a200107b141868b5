import assert from "node:assert/strict";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { applyText, compareText, textEdit } from "../../../mount/writable/text-edit.ts";
import { H5File } from "../../../src/object/file.ts";
import { WritableFile } from "../../../src/object/writable-file.ts";
import { Tree } from "../../../src/tree/tree.ts";
import { resultOf } from "../../../src/view/result-of.ts";
import { assertSoundAt } from "../../support/sound.ts";
import { withTempDir } from "../../support/temp-dir.ts";

/** Their text is longer than what is compared at once is as elements. */
const COUNT = 300_000;

/** Of strings of which a hundred or so are compared at once. */
const SIZE = 1000;

describe("the blocks of a text that was edited", () => {
  before(() => h5wasm.ready);

  for (const [view, head] of [
    ["csv", "x\n"],
    ["txt", ""],
  ] as const) {
    it(`are where its lines are: ${view}`, () =>
      withTempDir((directory) => {
        const path = join(directory, "file.h5");
        const made = new h5wasm.File(path, "w");
        made.create_dataset({ name: "x", data: new Int8Array(COUNT).fill(-100), chunks: [50_000], compression: 1 });
        made.close();
        const lines = new Array<string>(COUNT).fill("-100");
        lines[COUNT / 2] = "5";
        const bytes = Buffer.from(`${head}${lines.join("\n")}\n`);
        const file = H5File.open(path);
        const tree = new Tree(file);
        const node = tree.lookup(tree.root, `x.${view}`);
        assert.ok(node?.kind === "file" && node.object.kind === "dataset");
        const text = {
          size: bytes.length,
          read: (offset: number, length: number) => bytes.subarray(offset, offset + length),
        };
        const edit = textEdit({ node, dataset: node.object, text, after: undefined, isWhole: true, isExact: true });
        const { index, runs } = resultOf(compareText(edit));
        assert.deepEqual(
          runs.map(({ row, count }) => [row, count]),
          [[COUNT / 2, 1]],
        );
        assert.ok(index?.isComplete);
        assert.equal(index.length, bytes.length);
        for (let i = 0; i < index.blockCount; i++) {
          const { first, count, start, length } = index.block(i);
          const found = bytes.subarray(start, start + length).toString();
          assert.equal(
            found,
            `${first === 0 ? head : ""}${lines.slice(first, first + count).join("\n")}\n`,
            `block ${i}`,
          );
        }
        file.close();
      }));
  }

  for (const kind of ["fixed", "variable", "numbers"] as const) {
    it(`are where its lines are, and the values those that it says, whatever is changed: ${kind}`, () =>
      withTempDir((directory) => {
        const pick = seeded(kind.length);
        for (let round = 0; round < (kind === "variable" ? 2 : 6); round++) {
          const path = join(directory, `${round}.h5`);
          const values = Array.from({ length: 1 + pick(kind === "fixed" ? 700 : 20_000) }, () => someValue(kind, pick));
          make(path, kind, values);
          for (let edits = 0; edits < 3; edits++) {
            changeAtRandom(values, kind, pick);
            const bytes = Buffer.from(`x\n${values.map((value) => `${value}\n`).join("")}`);
            const file = WritableFile.open(path);
            const tree = new Tree(file.read());
            const node = tree.lookup(tree.root, "x.csv");
            assert.ok(node?.kind === "file" && node.object.kind === "dataset");
            const text = { size: bytes.length, read: (at: number, length: number) => bytes.subarray(at, at + length) };
            const edit = textEdit({ node, dataset: node.object, text, after: undefined, isWhole: true, isExact: true });
            const index = file.transaction((transaction) =>
              applyText(transaction, edit, false, () => resultOf(compareText(edit))),
            );
            file.close();
            assert.equal(index?.length ?? bytes.length, bytes.length);
            for (let i = 0; i < (index?.blockCount ?? 0); i++) {
              const { first, count, start, length } = index?.block(i) ?? assert.fail();
              const lines = values.slice(first, first + count).map((value) => `${value}\n`);
              const expected = `${first === 0 ? "x\n" : ""}${lines.join("")}`;
              assert.equal(bytes.toString("latin1", start, start + length), expected, `block ${i}`);
            }
            assert.deepEqual(read(path), values);
          }
          assertSoundAt(path);
        }
      }));
  }

  it("are as they were where a string has a line break: only the same text is taken", () =>
    withTempDir((directory) => {
      const path = join(directory, "file.h5");
      const values = Array.from({ length: 2000 }, (_, i) => (i === 7 ? "two\nlines" : `line ${i}`));
      const made = new h5wasm.File(path, "w");
      made.create_dataset({ name: "x", data: values.map((value) => value.padEnd(SIZE)), dtype: `S${SIZE}` });
      made.close();
      const file = H5File.open(path);
      const tree = new Tree(file);
      const node = tree.lookup(tree.root, "x.txt");
      assert.ok(node?.kind === "file" && node.object.kind === "dataset");
      const { object: dataset } = node;
      const compare = (lines: readonly string[]): number => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
        const text = { size: bytes.length, read: (at: number, length: number) => bytes.subarray(at, at + length) };
        const edit = textEdit({ node, dataset, text, after: undefined, isWhole: true, isExact: false });
        return resultOf(compareText(edit)).runs.length;
      };
      assert.equal(compare(values), 0);
      for (const others of [
        values.with(8, "other"),
        values.with(1999, "other"),
        values.slice(0, -1),
        [...values, ""],
      ]) {
        assert.throws(() => compare(others), /not all of its values read back/);
      }
      file.close();
    }));

  it("are those of an array in one piece that is other in each row: it gets new space, and its old is free", () =>
    withTempDir((directory) => {
      const path = join(directory, "file.h5");
      const made = new h5wasm.File(path, "w");
      made.create_dataset({ name: "x", data: Int32Array.from({ length: COUNT }, (_, i) => i) });
      made.close();
      const file = WritableFile.open(path);
      const tree = new Tree(file.read());
      const node = tree.lookup(tree.root, "x.csv");
      assert.ok(node?.kind === "file" && node.object.kind === "dataset");
      const { storage: before } = node.object;
      const bytes = Buffer.from(`x\n${Array.from({ length: COUNT }, (_, i) => `${-1 - i}\n`).join("")}`);
      const text = { size: bytes.length, read: (at: number, length: number) => bytes.subarray(at, at + length) };
      const edit = textEdit({ node, dataset: node.object, text, after: undefined, isWhole: true, isExact: true });
      file.transaction((transaction) => applyText(transaction, edit, false, () => resultOf(compareText(edit))));
      assert.ok(node.object.kind === "dataset" && before.kind === "contiguous");
      const { storage } = node.object;
      assert.ok(storage.kind === "contiguous" && storage.address !== before.address);
      file.close();
      const read = new h5wasm.File(path, "r");
      const x = read.get("x");
      assert.ok(x instanceof h5wasm.Dataset);
      assert.deepEqual(
        x.value,
        Int32Array.from({ length: COUNT }, (_, i) => -1 - i),
      );
      read.close();
      assertSoundAt(path);
    }));
});

type Kind = "fixed" | "variable" | "numbers";
type Pick = (n: number) => number;

/** Numbers from 0 to n - 1, always the same ones. */
function seeded(seed: number): Pick {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

function someValue(kind: Kind, pick: Pick): string {
  return kind === "numbers" ? String(pick(256) - 128) : `v${pick(10)}`.repeat(1 + pick(8));
}

function changeAtRandom(values: string[], kind: Kind, pick: Pick): void {
  const at = pick(values.length + 1);
  const several = Array.from({ length: pick(300) }, () => someValue(kind, pick));
  switch (pick(5)) {
    case 0:
      values.splice(at, 1 + pick(5));
      break;
    case 1:
      values.splice(at, 0, ...several);
      break;
    case 2:
      values.push(...several);
      break;
    case 3:
      for (let i = at; i < values.length; i += 1 + pick(40)) values[i] = someValue(kind, pick);
      break;
    default:
      values.sort();
  }
  if (values.length === 0) values.push(someValue(kind, pick));
}

/** As h5wasm writes and reads it. */
function make(path: string, kind: Kind, values: readonly string[]): void {
  const file = new h5wasm.File(path, "w");
  const layout = { name: "x", shape: [values.length], maxshape: [null], chunks: [500] };
  if (kind === "numbers") file.create_dataset({ ...layout, data: Int8Array.from(values, Number), compression: 1 });
  else if (kind === "variable") file.create_dataset({ ...layout, data: [...values] });
  else file.create_dataset({ ...layout, data: values.map((value) => value.padEnd(SIZE)), dtype: `S${SIZE}` });
  file.close();
}

function read(path: string): string[] {
  const file = new h5wasm.File(path, "r");
  const dataset = file.get("x");
  assert.ok(dataset instanceof h5wasm.Dataset && dataset.value !== null && typeof dataset.value === "object");
  const values = Array.from(dataset.value as ArrayLike<unknown>, (value) => String(value).trimEnd());
  file.close();
  return values;
}
