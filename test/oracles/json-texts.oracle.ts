import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { firstDifference } from "../../src/view/first-difference.ts";
import { inferJsonSteps } from "../../src/view/infer-json.ts";
import { parseJsonRows } from "../../src/view/parse-json-rows.ts";
import { resultOf } from "../../src/view/result-of.ts";
import { notRun } from "../support/not-run.ts";
import { projectRoot } from "../support/project.ts";
import { python } from "../support/python.ts";
import { run } from "../support/run.ts";
import { withTempDir } from "../support/temp-dir.ts";
import { MemoryHeap } from "../view/memory-heap.ts";
import { render, source } from "../view/render.ts";

/** The text that is shown of the dataset that a text becomes. */
function shownAgain(text: Uint8Array): Uint8Array {
  const { datatype, dims, style } = resultOf(inferJsonSteps(() => [text], 8));
  const heap = new MemoryHeap();
  const parts = [...parseJsonRows([text], { datatype, dims }, heap)].map((part) => part.bytes);
  const elements = source(datatype, dims, Buffer.concat(parts), heap.resolver);
  return Buffer.from(render("json", { ...elements, jsonStyle: style }));
}

describe("JSON texts that programs write", () => {
  it("become datasets that are shown as the same bytes", async function () {
    const interpreter = python();
    if (interpreter === undefined) return notRun(this, "no Python with pandas");
    await withTempDir(async (directory) => {
      const { status, stderr } = await run(interpreter, [join(projectRoot(), "test/oracles/make_json.py"), directory]);
      assert.equal(status, 0, stderr);
      const names = readdirSync(directory);
      assert.ok(names.length > 260, `${names.length}`);
      for (const name of names) {
        const text = readFileSync(join(directory, name));
        assert.equal(firstDifference([text], [shownAgain(text)]), undefined, name);
      }
    });
  });
});
