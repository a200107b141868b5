import assert from "node:assert/strict";
import { H5Error } from "../../src/errors.ts";
import { ByteSink } from "../../src/object/text/byte-sink.ts";
import { type Text, textOf, wholeText } from "../../src/view/render.ts";
import { blockCountFrom, renderBlock, renderBlocks } from "../../src/view/text-block.ts";
import { TextIndex } from "../../src/view/text-index.ts";
import type { TextViewName } from "../../src/view/view.ts";
import { compound, float, integer } from "../object/datatypes.ts";
import { float64s, int32s, render, source } from "./render.ts";

const int32 = integer(4);
const float64 = float(8, 11);

/** Renders block after block, `textPerElement` saying how large they are; returns the blocks' texts. */
function inBlocks(text: Text, textPerElement: number): string[] {
  const sink = new ByteSink(16);
  const index = new TextIndex(text.format.elementCount);
  const texts: string[] = [];
  while (!index.isComplete) {
    const first = index.frontier;
    const rendered = renderBlocks(text, first, blockCountFrom(text, first, textPerElement), sink, true);
    assert.equal(rendered.error, undefined);
    for (const { count, length, bytes } of rendered.blocks) {
      assert.equal(bytes?.length, length);
      texts.push(Buffer.from(bytes ?? []).toString());
      index.append(count, length);
    }
  }
  for (const [i, whole] of texts.entries()) {
    const { first, count, length } = index.block(i);
    const [again] = renderBlock(text, first, count, sink).blocks;
    assert.equal(Buffer.from(again?.bytes ?? []).toString(), whole);
    assert.equal(again?.length, length);
  }
  return texts;
}

function numbers(count: number): Uint8Array {
  return int32s(...Array.from({ length: count }, (_, i) => i * i * (i % 3 === 0 ? -1 : 1)));
}

describe("blocks of a text", () => {
  const shapes: readonly (readonly number[])[] = [[], [0], [1], [37], [3, 0], [9, 4], [4, 9], [3, 4, 5], [2, 3, 2, 3]];
  for (const view of ["csv", "txt", "json"] satisfies TextViewName[]) {
    it(`make the whole ${view} when put one after the other, whatever their size and the rank`, () => {
      for (const dims of shapes) {
        const count = dims.reduce((product, dim) => product * dim, 1);
        const of = source(int32, dims, numbers(count));
        for (const elements of [1, 2, 3, 5, 8, 1000]) {
          const texts = inBlocks(textOf(view, of), 2 ** 18 / elements);
          assert.equal(texts.join(""), render(view, of), `shape (${dims.join(", ")}), ${elements} elements`);
        }
      }
    });
  }

  it("make the whole of a table, and of what has no elements", () => {
    const table = compound({ id: int32, x: float64 });
    const bytes = new Uint8Array(12 * 50);
    for (let i = 0; i < 50; i++) {
      bytes.set(int32s(i), 12 * i);
      bytes.set(float64s(i / 8), 12 * i + 4);
    }
    const of = source(table, [50], bytes);
    assert.equal(inBlocks(textOf("csv", of), 2 ** 18 / 7).join(""), render("csv", of));
    assert.deepEqual(
      inBlocks(
        wholeText((sink) => sink.write(Buffer.from("{}\n"))),
        1,
      ),
      ["{}\n"],
    );
  });

  it("have whole rows, where a row is shorter", () => {
    const text = textOf("csv", source(int32, [100, 7], numbers(700)));
    assert.equal(blockCountFrom(text, 0, 2 ** 18 / 20), 14);
    assert.equal(blockCountFrom(text, 14, 2 ** 18 / 20), 14);
    assert.equal(blockCountFrom(text, 3, 2 ** 18 / 20), 18);
    assert.equal(blockCountFrom(text, 693, 2 ** 18 / 20), 7);
    assert.equal(blockCountFrom(text, 0, 2 ** 18 / 5), 5);
  });

  it("are cut where the text is longer than was guessed", () => {
    const of = source(int32, [300_000], new Uint8Array(new Int32Array(300_000).fill(1_000_000).buffer));
    const { blocks } = renderBlocks(textOf("csv", of), 0, 300_000, new ByteSink(), true);
    assert.ok(blocks.length > 3);
    assert.ok(blocks.every(({ length }) => length < 2 ** 20));
    assert.equal(blocks.map(({ bytes }) => Buffer.from(bytes ?? []).toString()).join(""), render("csv", of));
  });

  it("end with the last element before one that cannot be read", () => {
    for (const bad of [0, 1, 17, 4095, 4096, 9999]) {
      const of = source(int32, [10_000], numbers(10_000));
      const damaged = {
        ...of,
        read: (first: number, count: number) => {
          if (first <= bad && bad < first + count) throw new H5Error("format", "damaged");
          return of.read(first, count);
        },
      };
      const { blocks, error } = renderBlocks(textOf("txt", damaged), 0, 10_000, new ByteSink(), true);
      assert.match(error?.message ?? "", /damaged/);
      const text = blocks.map(({ bytes }) => Buffer.from(bytes ?? []).toString()).join("");
      assert.equal(text, render("txt", source(int32, [bad], numbers(bad))));
      assert.equal(
        blocks.reduce((sum, { count }) => sum + count, 0),
        bad,
      );
    }
  });

  it("leave nothing of an element whose text fails in its middle", () => {
    const text = textOf("txt", source(int32, [1000], numbers(1000)));
    const { format } = text;
    const failing: Text = {
      ...text,
      format: {
        ...format,
        elements: (first, count, data, sink) => {
          format.elements(first, count, data, sink);
          if (first <= 700 && 700 < first + count) throw new H5Error("format", "no such heap object");
        },
      },
    };
    const { blocks, error } = renderBlocks(failing, 0, 1000, new ByteSink(), true);
    assert.match(error?.message ?? "", /heap/);
    assert.equal(Buffer.from(blocks[0]?.bytes ?? []).toString(), render("txt", source(int32, [700], numbers(700))));
  });
});
