import assert from "node:assert/strict";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { compareText, textEdit } from "../../../mount/writable/text-edit.ts";
import { H5File } from "../../../src/object/file.ts";
import { Tree } from "../../../src/tree/tree.ts";
import { resultOf } from "../../../src/view/result-of.ts";
import { withTempDir } from "../../support/temp-dir.ts";

/** Their text is longer than what is compared at once is as elements. */
const COUNT = 300_000;

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
});
