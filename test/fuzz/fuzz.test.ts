import assert from "node:assert/strict";
import { join } from "node:path";
import { projectRoot, sampleFile } from "../support/project.ts";
import { Seeds } from "./seeds.ts";
import { computeChecksum, storedChecksum } from "./trace.ts";
import { modeOf, tryInput } from "./try-input.ts";

const SEED = 1;
const files = [
  sampleFile(),
  ...["continued-v2", "sizes-2-2"].map((name) => join(projectRoot(), `test/data/engine/${name}.h5`)),
  ...["cache-image", "offsets-4"].map((name) => join(projectRoot(), `test/data/indexes/${name}.h5`)),
];

describe("the fuzzer", () => {
  const seeds = new Seeds(files);

  it("makes the same input of the same numbers, and another of others", () => {
    const input = seeds.input(SEED, 5);
    assert.deepEqual(new Seeds(files).input(SEED, 5), input);
    assert.notDeepEqual(seeds.input(SEED, 6).bytes, input.bytes);
    assert.notDeepEqual(seeds.input(SEED + 1, 5).bytes, input.bytes);
  });

  it("knows the fields, structures and checksums of a file", () => {
    const { trace, bytes } = seeds.seed(files[1] ?? "");
    const kinds = new Set(trace.fields.map(({ kind }) => kind));
    assert.deepEqual([...kinds].sort(), ["address", "length", "number"]);
    const names = trace.structures.map(({ name }) => name);
    assert(names.includes("object header") && names.includes("object header continuation block"));
    assert(trace.checksums.length > 5);
    for (const span of trace.checksums) assert.equal(computeChecksum(bytes, span), storedChecksum(bytes, span));
  });

  it("makes damaged files with right checksums", () => {
    const seed = seeds.seed(files[1] ?? "");
    let repaired = 0;
    for (let number = 0; number < 200; number++) {
      const { bytes, file } = seeds.input(SEED, number);
      if (file !== files[1]) continue;
      for (const span of seed.trace.checksums) {
        const computed = computeChecksum(bytes, span);
        const changed = computed !== storedChecksum(seed.bytes, span);
        if (computed !== undefined && changed && computed === storedChecksum(bytes, span)) repaired++;
      }
    }
    assert(repaired > 10);
  });

  it("finds no crash in its first inputs", () => {
    for (let number = 0; number < 25; number++) {
      const { failure } = tryInput(seeds.input(SEED, number).bytes, modeOf(number));
      if (failure?.kind === "crash") assert.fail(`input ${number}: ${failure.what}\n${failure.detail}`);
    }
  });
});
