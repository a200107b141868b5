import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ByteSink } from "../../src/object/text/byte-sink.ts";
import { firstDifference } from "../../src/view/first-difference.ts";
import { inferCsv } from "../../src/view/infer-csv.ts";
import { parseCsv } from "../../src/view/parse-csv.ts";
import { render, textOf } from "../../src/view/render.ts";
import { notRun } from "../support/not-run.ts";
import { projectRoot } from "../support/project.ts";
import { python } from "../support/python.ts";
import { run } from "../support/run.ts";
import { withTempDir } from "../support/temp-dir.ts";

/** The text that is shown of the table that a text becomes. */
function shownAgain(text: Uint8Array): Uint8Array {
  const found = inferCsv([text], 8);
  assert.ok(!("problem" in found), "problem" in found ? found.problem : "");
  const { datatype, rows, style } = found;
  const strings: Uint8Array[] = [];
  const heap = {
    sizeOfOffsets: 8,
    insert: (bytes: Uint8Array) => ({ collection: 1, index: strings.push(bytes.slice()) }),
    object: () => assert.fail("no object is asked for"),
  };
  const target = { datatype, dims: [rows], name: "t" };
  const bytes = Buffer.concat([...parseCsv([text], target, heap, style)].map((part) => part.bytes));
  const shown = textOf("csv", {
    ...target,
    heap: {
      vlen: (stored) => strings[new DataView(stored.buffer, stored.byteOffset).getUint32(12, true) - 1],
      path: () => undefined,
    },
    csvStyle: style,
    read: (first, count) => bytes.subarray(first * datatype.size, (first + count) * datatype.size),
  });
  const sink = new ByteSink();
  for (const _ of render(shown, 0, rows, sink));
  return sink.take();
}

describe("CSV texts that programs write", () => {
  it("become tables that are shown as the same bytes", async function () {
    const interpreter = python();
    if (interpreter === undefined) return notRun(this, "no Python with pandas");
    await withTempDir(async (directory) => {
      const { status, stderr } = await run(interpreter, [join(projectRoot(), "test/oracles/make_csv.py"), directory]);
      assert.equal(status, 0, stderr);
      const names = readdirSync(directory);
      assert.ok(names.length >= 16, `${names}`);
      for (const name of names) {
        const text = readFileSync(join(directory, name));
        assert.equal(firstDifference([text], [shownAgain(text)]), undefined, name);
      }
    });
  });
});
