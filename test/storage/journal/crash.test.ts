import { strict as assert } from "node:assert";
import {
  changeCells,
  checkCells,
  emptyCellFile,
  FILE_NAME,
  openCellFile,
  seededRandom,
  stateNumber,
  writeEarly,
} from "./cell-file.ts";
import { type DiskState, RecordingDisk } from "./recording-disk.ts";
import { SlowSyncs } from "./slow-syncs.ts";

/** Scenarios, and how many of each one's steps are looked at as power cuts; `.ci/run` and long runs by hand take more. */
const SEEDS = Number(process.env.H5FS_CRASH_SEEDS ?? 2);
const CUTS_PER_STEP = Number(process.env.H5FS_CRASH_CUTS ?? 1);

/** Of the steps of each recovery, about one in half so many is looked at. */
const RECOVERY_STRIDE = Number(process.env.H5FS_CRASH_STRIDE ?? 24);

/** What was promised when so many steps were done. */
interface Promise {
  readonly steps: number;
  readonly state: number;
}

interface Scenario {
  readonly disk: RecordingDisk;
  readonly states: ReadonlyMap<number, string>;
  readonly published: readonly Promise[];
  readonly synced: readonly Promise[];
}

/** Some dozen transactions, with syncs, checkpoints and rollbacks between them; in every other scenario another thread waits for the disk. */
function play(seed: number): Scenario {
  const random = seededRandom(seed);
  const disk = RecordingDisk.of(FILE_NAME, emptyCellFile());
  const slow = seed % 2 === 0 ? new SlowSyncs(disk) : undefined;
  const file = openCellFile(disk, slow);
  const states = new Map([[0, checkCells(file)]]);
  const published: Promise[] = [{ steps: 0, state: 0 }];
  const synced: Promise[] = [{ steps: 0, state: 0 }];
  for (let i = 0; i < 12; i++) {
    const early = writeEarly(file, random);
    changeCells(file.begin(), random, early);
    if (random() < 0.15) {
      file.rollback();
      for (const extent of early) extent.drop();
      assert.equal(checkCells(file), states.get(stateNumber(file)), "a rollback leaves nothing");
      continue;
    }
    file.publish();
    const state = stateNumber(file);
    states.set(state, checkCells(file));
    published.push({ steps: disk.steps.length, state });
    if (slow !== undefined) {
      if (!file.isBusy && random() < 0.6) random() < 0.5 ? file.startSync() : file.startCheckpoint();
      for (let n = Math.floor(random() * 5); n > 0; n--) {
        slow.end();
        file.proceed();
      }
      if (file.isSynced) synced.push({ steps: disk.steps.length, state });
      if (random() < 0.8) continue;
    }
    const next = random();
    if (next < 0.2) file.sync();
    else if (next < 0.4) file.checkpoint();
    if (next < 0.4) synced.push({ steps: disk.steps.length, state });
  }
  const last = stateNumber(file);
  file.close();
  synced.push({ steps: disk.steps.length, state: last });
  assert.deepEqual(disk.names(), [FILE_NAME], "nothing lies beside a file that was closed");
  return { disk, states, published, synced };
}

function promisedAt(promises: readonly Promise[], steps: number): number {
  return Math.max(...promises.filter((promise) => promise.steps <= steps).map(({ state }) => state));
}

/** Recovers what a crash left; the state must be one that was published, and no older than `least`. */
function recovered(state: DiskState, { states }: Scenario, least: number, what: string): RecordingDisk {
  const disk = new RecordingDisk(state);
  const file = openCellFile(disk);
  const number = stateNumber(file);
  assert.equal(checkCells(file), states.get(number), `${what}: state ${number} is not as it was published`);
  assert.ok(number >= least, `${what}: state ${number} came back, ${least} was promised`);
  return disk;
}

describe("journal: crashes", function () {
  this.timeout(Number(process.env.H5FS_CRASH_TIMEOUT ?? 60_000));
  let killed = 0;
  let cut = 0;
  let twice = 0;

  for (let seed = 1; seed <= SEEDS; seed++) {
    it(`scenario ${seed}: every step, as a kill and as power cuts, also during the recovery`, () => {
      const scenario = play(seed);
      const random = seededRandom(seed + 1_000_000);
      for (let steps = 0; steps <= scenario.disk.steps.length; steps++) {
        const least = promisedAt(scenario.published, steps);
        const disk = recovered(scenario.disk.killed(steps), scenario, least, `killed after step ${steps}`);
        killed++;
        for (let again = 0; again < disk.steps.length; again += 1 + Math.floor(random() * RECOVERY_STRIDE)) {
          recovered(disk.killed(again), scenario, least, `killed after step ${steps}, recovery after ${again}`);
          recovered(
            disk.cut(again, () => random() < 0.5),
            scenario,
            promisedAt(scenario.synced, steps),
            `killed after step ${steps}, power cut of the recovery after ${again}`,
          );
          twice += 2;
        }
        for (let n = 0; n < CUTS_PER_STEP; n++) {
          const chance = random();
          const state = scenario.disk.cut(steps, () => random() < chance);
          recovered(state, scenario, promisedAt(scenario.synced, steps), `power cut after step ${steps}`);
          cut++;
        }
      }
    });
  }

  after(() => {
    process.stdout.write(`    ${killed} kills, ${cut} power cuts, ${twice} crashes of a recovery\n`);
  });
});
