import assert from "node:assert/strict";
import type { ElementRange, Rendered } from "../../mount/job.ts";
import { TextMemory } from "../../mount/text-memory.ts";
import { TextProgress } from "../../mount/text-progress.ts";
import { H5Error } from "../../src/errors.ts";
import { ByteSink } from "../../src/object/text/byte-sink.ts";
import { type Text, textOf } from "../../src/view/render.ts";
import { renderBlock, renderBlocks } from "../../src/view/text-block.ts";
import { integer } from "../object/datatypes.ts";
import { render, source } from "../view/render.ts";

const int32 = integer(4);
const COUNT = 200_000;
const numbers = source(int32, [COUNT], new Uint8Array(Int32Array.from({ length: COUNT }, (_, i) => i * 7).buffer));
const whole = render("csv", numbers);

/** One text, its answers written down, and a worker that is this thread. */
class Bench {
  readonly memory: TextMemory;
  readonly progress: TextProgress;
  readonly answers: string[] = [];
  readonly #text: Text;
  readonly #sink = new ByteSink();
  /** The first element that cannot be read. */
  damagedAt = Number.POSITIVE_INFINITY;

  constructor(capacity = 2 ** 24) {
    this.#text = textOf("csv", {
      ...numbers,
      read: (first, count) => {
        if (first + count > this.damagedAt) throw new H5Error("format", "damaged");
        return numbers.read(first, count);
      },
    });
    this.memory = new TextMemory(capacity);
    const description = {
      object: { snapshot: { fd: -1, size: 0, path: "x.h5" }, address: 1, path: "/numbers" },
      name: "numbers",
      view: "csv",
      part: undefined,
    } as const;
    this.progress = new TextProgress("key", description, this.#text, this.memory, {
      size: (unique, size) => this.answers.push(`${unique}: ${size} bytes`),
      data: (unique, parts) => this.answers.push(`${unique}: ${Buffer.concat(parts)}`),
      failure: (unique, error) => this.answers.push(`${unique}: ${error.message}`),
    });
  }

  read(unique: number, offset: number, size: number): void {
    const parts = this.progress.read(unique, offset, size);
    if (parts !== undefined) this.answers.push(`${unique}: ${Buffer.concat(parts)}`);
  }

  render(range: ElementRange): Rendered {
    const { first, count, isBlock, keep } = range;
    const memory = keep ? this.memory.takeSpare() : undefined;
    const { blocks, error } = isBlock
      ? renderBlock(this.#text, first, count, this.#sink, memory)
      : renderBlocks(this.#text, first, count, this.#sink, keep, memory);
    return { key: "key", range, blocks, error: error && { kind: error.kind, message: error.message } };
  }

  /** Gives out at most `limit` ranges. */
  next(limit = Number.POSITIVE_INFINITY): ElementRange[] {
    const ranges: ElementRange[] = [];
    while (ranges.length < limit) {
      const range = this.progress.next();
      if (range === undefined) break;
      ranges.push(range);
    }
    return ranges;
  }

  /** Works until nothing is wanted any more. Returns how many elements that took. */
  work(): number {
    let elements = 0;
    for (let range = this.progress.next(); range !== undefined; range = this.progress.next()) {
      elements += range.count;
      this.progress.accept(this.render(range));
    }
    return elements;
  }
}

describe("a text in progress", () => {
  it("is measured only where somebody waits, and from there to its end", () => {
    const bench = new Bench();
    assert.equal(bench.work(), 0);
    bench.progress.awaitSize(1);
    bench.progress.awaitSize(2);
    assert.equal(bench.work(), COUNT);
    assert.deepEqual(bench.answers, [`1: ${whole.length} bytes`, `2: ${whole.length} bytes`]);
    assert.equal(bench.work(), 0);
  });

  it("puts the results of several workers in order", () => {
    const bench = new Bench();
    bench.progress.awaitSize(1);
    const ranges = bench.next();
    assert.ok(ranges.length > 3);
    for (const range of ranges.toReversed()) {
      assert.deepEqual(bench.answers, []);
      bench.progress.accept(bench.render(range));
    }
    assert.deepEqual(bench.answers, [`1: ${whole.length} bytes`]);
  });

  it("is rendered just as far as a reader needs", () => {
    const bench = new Bench();
    bench.read(1, 0, 100);
    assert.ok(bench.work() < COUNT / 3);
    assert.deepEqual(bench.answers, [`1: ${whole.slice(0, 100)}`]);
    assert.equal(bench.progress.size, undefined);
  });

  it("gives any bytes, before and after its size is known", () => {
    for (const isMeasured of [false, true]) {
      const bench = new Bench(isMeasured ? 2 ** 19 : 2 ** 24);
      if (isMeasured) bench.progress.awaitSize(0);
      bench.work();
      bench.answers.length = 0;
      for (const [unique, offset, size] of [
        [1, 0, 10],
        [2, 700_000, 600_000],
        [3, 262_100, 200],
        [4, whole.length - 5, 100],
        [5, whole.length, 100],
        [6, whole.length + 1000, 100],
        [7, 0, whole.length + 1],
      ] as const) {
        bench.read(unique, offset, size);
        bench.work();
        assert.equal(bench.answers.pop(), `${unique}: ${whole.slice(offset, offset + size)}`);
      }
    }
  });

  it("answers many readers although there is room for one block only", () => {
    const bench = new Bench(2 ** 19);
    for (let i = 0; i < 20; i++) bench.read(i, i * 50_000, 500_000);
    bench.work();
    assert.deepEqual(
      bench.answers.sort(),
      Array.from({ length: 20 }, (_, i) => `${i}: ${whole.slice(i * 50_000, i * 50_000 + 500_000)}`).sort(),
    );
  });

  it("stops when nobody waits any more, and goes on from there", () => {
    const bench = new Bench();
    bench.progress.awaitSize(1);
    for (const range of bench.next(2)) bench.progress.accept(bench.render(range));
    bench.progress.cancel(1);
    assert.equal(bench.work(), 0);
    const { done } = bench.progress.rows;
    assert.ok(done > 0 && done < COUNT);
    bench.progress.awaitSize(2);
    assert.equal(bench.work(), COUNT - done);
    assert.deepEqual(bench.answers, [`2: ${whole.length} bytes`]);
  });

  it("gives what comes before damage, then the error, and is tried again later", () => {
    const bench = new Bench();
    bench.damagedAt = 100_001;
    const before = render("csv", source(int32, [100_001], numbers.read(0, 100_001)));
    bench.progress.awaitSize(1);
    bench.read(2, before.length - 30, 1000);
    bench.read(3, before.length + 30, 1000);
    const ranges = bench.next();
    for (const range of ranges) bench.progress.accept(bench.render(range));
    assert.deepEqual(bench.answers.sort(), ["1: damaged", `2: ${before.slice(-30)}`, "3: damaged"]);
    assert.equal(bench.progress.failure?.message, "damaged");
    bench.answers.length = 0;
    bench.read(4, before.length, 1000);
    bench.work();
    assert.deepEqual(bench.answers, ["4: damaged"]);
    bench.damagedAt = Number.POSITIVE_INFINITY;
    bench.answers.length = 0;
    bench.progress.awaitSize(5);
    bench.work();
    assert.deepEqual(bench.answers, [`5: ${whole.length} bytes`]);
    assert.equal(bench.progress.failure, undefined);
  });

  it("refuses a block that is not what was measured", () => {
    const bench = new Bench(1);
    bench.progress.awaitSize(1);
    bench.work();
    bench.answers.length = 0;
    bench.read(2, 0, 10);
    const [range] = bench.next();
    assert.ok(range?.isBlock);
    const { blocks, ...rest } = bench.render(range);
    bench.progress.accept({ ...rest, blocks: blocks.map((block) => ({ ...block, length: block.length - 1 })) });
    assert.deepEqual(bench.answers, ["2: /numbers: its text is not what it was when it was measured"]);
  });

  it("uses the memory of dropped blocks again", () => {
    const bench = new Bench(2 ** 20);
    const buffers = new Set<ArrayBufferLike>();
    for (let offset = 0; offset < whole.length; offset += 100_000) {
      bench.read(offset, offset, 100_000);
      for (let range = bench.progress.next(); range !== undefined; range = bench.progress.next()) {
        const result = bench.render(range);
        for (const { bytes } of result.blocks) if (bytes !== undefined) buffers.add(bytes.buffer);
        bench.progress.accept(result);
      }
    }
    assert.equal(bench.answers.map((answer) => answer.slice(answer.indexOf(" ") + 1)).join(""), whole);
    assert.ok(buffers.size <= 5, `${buffers.size} buffers`);
  });
});
