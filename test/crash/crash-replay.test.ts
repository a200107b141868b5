import { strict as assert } from "node:assert";
import { LIBRARY_VERSIONS } from "../../src/object/new-file.ts";
import { seededRandom } from "../storage/journal/cell-file.ts";
import { addCounts, type CrashCounts, countsText, NO_CRASHES, Recording, replay } from "./crash-states.ts";
import { emptyModel, listModel } from "./file-model.ts";
import { changeAtRandom } from "./operations.ts";
import { SCENARIOS } from "./scenarios.ts";

/** `.ci/run` and long runs by hand take more of each. */
const RANDOM_SCENARIOS = Number(process.env.H5FS_CRASH_SCENARIOS ?? 2);
const CHANGES = Number(process.env.H5FS_CRASH_CHANGES ?? 15);
/** How long the other scenarios are, in percent of what their names say. */
const SCALE = Math.min(1, Number(process.env.H5FS_CRASH_PERCENT ?? 4) / 100);
const THOROUGHNESS = {
  cutsPerStep: Number(process.env.H5FS_CRASH_CUTS ?? 1),
  recoveryStride: Number(process.env.H5FS_CRASH_STRIDE ?? 24),
};

/** Some dozen changes of an HDF5 file, with syncs, checkpoints and rollbacks between them. */
function playAtRandom(seed: number): Recording {
  const random = seededRandom(seed);
  const pick = (n: number): number => Math.floor(random() * n);
  const libver = LIBRARY_VERSIONS[seed % LIBRARY_VERSIONS.length];
  const recording = new Recording({ libver, userBlock: seed % 3 === 0 ? 512 : 0 });
  const model = emptyModel();
  for (let n = 0; n < CHANGES; n++) {
    changeAtRandom(recording.file, model, pick);
    assert.equal(recording.listing(), listModel(model));
    recording.note();
    const next = random();
    if (next < 0.15) recording.sync();
    else if (next < 0.35) recording.checkpoint();
  }
  recording.close();
  return recording;
}

describe("HDF5 files after crashes", function () {
  this.timeout(Number(process.env.H5FS_CRASH_TIMEOUT ?? 60_000));
  const counted: (readonly [name: string, counts: CrashCounts])[] = [];
  let random = NO_CRASHES;

  for (let seed = 1; seed <= RANDOM_SCENARIOS; seed++) {
    it(`random changes ${seed}: every step, as a kill and as power cuts, also during the recovery`, async () => {
      random = addCounts(random, await replay(playAtRandom(seed), seed + 1_000_000, THOROUGHNESS));
    });
  }

  for (const [i, { name, libver, play }] of SCENARIOS.entries()) {
    it(`${name}: every step, as a kill and as power cuts, also during the recovery`, async () => {
      const recording = new Recording({ libver });
      play(recording, SCALE);
      recording.close();
      counted.push([name, await replay(recording, i, THOROUGHNESS)]);
    });
  }

  after(() => {
    const all = [[`random changes, ${RANDOM_SCENARIOS} scenarios`, random] as const, ...counted];
    const sum = all.reduce((total, [, counts]) => addCounts(total, counts), NO_CRASHES);
    for (const [name, counts] of all) process.stdout.write(`    ${name}: ${countsText(counts)}\n`);
    process.stdout.write(`    all: ${countsText(sum)}\n`);
  });
});
