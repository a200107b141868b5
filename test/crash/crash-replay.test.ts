import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { findSuperblockSector, superblockSector } from "../../src/format/superblock-sector.ts";
import { checkFile } from "../../src/object/check.ts";
import { H5File } from "../../src/object/file.ts";
import { LIBRARY_VERSIONS, newFileBytes } from "../../src/object/new-file.ts";
import { WritableFile } from "../../src/object/writable-file.ts";
import { recover } from "../../src/storage/journal/recovery.ts";
import { seededRandom } from "../storage/journal/cell-file.ts";
import { type DiskState, RecordingDisk } from "../storage/journal/recording-disk.ts";
import { removeTempDir, tempDir } from "../support/temp-dir.ts";
import { emptyModel, listFile, listModel, listWithLibrary } from "./file-model.ts";
import { changeAtRandom } from "./operations.ts";

/** Scenarios, power cuts that are looked at of each step, and changes of a scenario; `.ci/run` and long runs by hand take more. */
const SCENARIOS = Number(process.env.H5FS_CRASH_SCENARIOS ?? 2);
const CUTS_PER_STEP = Number(process.env.H5FS_CRASH_CUTS ?? 1);
const CHANGES = Number(process.env.H5FS_CRASH_CHANGES ?? 15);

/** Of the steps of each recovery, about one in half so many is looked at. */
const RECOVERY_STRIDE = Number(process.env.H5FS_CRASH_STRIDE ?? 24);

/** Of the files that come out, one in so many is read by libhdf5, too. */
const LIBRARY_STRIDE = 20;

const FILE = "data.h5";
const LOG = ".data.h5.h5fs-journal";

interface Promise {
  readonly steps: number;
  readonly state: number;
}

interface Scenario {
  readonly disk: RecordingDisk;
  /** What the file holds after each change that was published, and the last change after which it is so. */
  readonly states: ReadonlyMap<string, number>;
  readonly published: readonly Promise[];
  readonly synced: readonly Promise[];
}

/** Some dozen changes of an HDF5 file, with syncs, checkpoints and rollbacks between them. */
function play(seed: number, mirror: string): Scenario {
  const random = seededRandom(seed);
  const pick = (n: number): number => Math.floor(random() * n);
  const libver = LIBRARY_VERSIONS[seed % LIBRARY_VERSIONS.length];
  const disk = RecordingDisk.of(FILE, newFileBytes({ libver, userBlock: seed % 3 === 0 ? 512 : 0 }), mirror);
  const file = WritableFile.over({ file: fileOn(disk), directory: disk, logName: LOG });
  const model = emptyModel();
  const states = new Map([[listModel(model), 0]]);
  const published: Promise[] = [{ steps: 0, state: 0 }];
  const synced: Promise[] = [{ steps: 0, state: 0 }];
  for (let state = 1; state <= CHANGES; state++) {
    changeAtRandom(file, model, pick);
    const listing = listFile(file.read());
    assert.equal(listing, listModel(model));
    states.set(listing, state);
    published.push({ steps: disk.steps.length, state });
    const next = random();
    if (next < 0.15) file.sync();
    else if (next < 0.35) file.checkpoint();
    if (next < 0.35) synced.push({ steps: disk.steps.length, state });
  }
  file.close();
  synced.push({ steps: disk.steps.length, state: CHANGES });
  assert.deepEqual(disk.names(), [FILE]);
  return { disk, states, published, synced };
}

function fileOn(disk: RecordingDisk): ReturnType<RecordingDisk["open"]> & object {
  const file = disk.open(FILE);
  assert.ok(file);
  return file;
}

function promisedAt(promises: readonly Promise[], steps: number): number {
  return Math.max(...promises.filter((promise) => promise.steps <= steps).map(({ state }) => state));
}

describe("HDF5 files after crashes", function () {
  this.timeout(Number(process.env.H5FS_CRASH_TIMEOUT ?? 20_000));
  const directory = tempDir();
  const path = join(directory, FILE);
  /** What was found in a file, by its bytes: many crashes lead to the same. */
  const known = new Map<string, string>();
  const counts = { kills: 0, cuts: 0, twice: 0, different: 0, byLibrary: 0, refused: 0 };

  /** What h5fs, and sometimes libhdf5, finds in a whole file. */
  async function contentOf(bytes: Uint8Array, what: string): globalThis.Promise<string> {
    const hash = createHash("sha1").update(bytes).digest("base64");
    const found = known.get(hash);
    if (found !== undefined) return found;
    writeFileSync(path, bytes);
    const file = H5File.open(path);
    const listing = listFile(file);
    const { findings } = checkFile(file, { data: true });
    file.close();
    const damage = findings.filter(({ severity }) => severity === "damage");
    assert.deepEqual(damage, [], what);
    if (counts.different++ % LIBRARY_STRIDE === 0) {
      assert.equal(await listWithLibrary(path), listing, `${what}: libhdf5 reads something else`);
      counts.byLibrary++;
    }
    known.set(hash, listing);
    return listing;
  }

  /** Recovers what a crash left: the state must be one that was published, and no older than `least`. */
  async function recovered(
    state: DiskState,
    scenario: Scenario,
    least: number,
    what: string,
  ): globalThis.Promise<RecordingDisk> {
    const disk = new RecordingDisk(state);
    const file = fileOn(disk);
    recover({ file, directory: disk, logName: LOG, superblock: findSuperblockSector(file) });
    const listing = await contentOf(disk.content(FILE) ?? new Uint8Array(0), what);
    const number = scenario.states.get(listing);
    assert.ok(number !== undefined, `${what}: a state came back that never was:\n${listing}`);
    assert.ok(number >= least, `${what}: state ${number} came back, ${least} was promised`);
    return disk;
  }

  /** libhdf5 alone reads a whole state of a file that was left behind, or refuses it. */
  async function withoutLog(state: DiskState, { states }: Scenario, what: string): globalThis.Promise<void> {
    const bytes = state.files.get(state.names.get(FILE) ?? -1) ?? new Uint8Array(0);
    writeFileSync(path, bytes);
    let listing: string;
    try {
      listing = await listWithLibrary(path);
    } catch {
      const offset = Buffer.from(bytes).indexOf("\x89HDF", 0, "latin1");
      const mark = superblockSector(offset).markOf(bytes.subarray(offset, offset + 512));
      assert.notEqual(mark, "unmarked", `${what}: libhdf5 refuses a file that is called whole`);
      counts.refused++;
      return;
    }
    counts.byLibrary++;
    assert.ok(states.has(listing), `${what}: libhdf5 reads a state that never was`);
  }

  for (let seed = 1; seed <= SCENARIOS; seed++) {
    it(`scenario ${seed}: every step, as a kill and as power cuts, also during the recovery`, async () => {
      const mirror = tempDir();
      const scenario = play(seed, mirror);
      const { disk, published, synced } = scenario;
      removeTempDir(mirror);
      const random = seededRandom(seed + 1_000_000);
      let steps = 0;
      for (const killed of disk.killedAtEach()) {
        const least = promisedAt(published, steps);
        const leastSynced = promisedAt(synced, steps);
        const again = await recovered(killed, scenario, least, `killed after step ${steps}`);
        counts.kills++;
        if (random() < 1 / LIBRARY_STRIDE)
          await withoutLog(killed, scenario, `killed after step ${steps}, without log`);
        for (let at = 0; at < again.steps.length; at += 1 + Math.floor(random() * RECOVERY_STRIDE)) {
          const what = `killed after step ${steps}, the recovery after ${at}`;
          await recovered(again.killed(at), scenario, least, what);
          await recovered(
            again.cut(at, () => random() < 0.5),
            scenario,
            leastSynced,
            `${what}, by a power cut`,
          );
          counts.twice += 2;
        }
        for (let n = 0; n < CUTS_PER_STEP; n++) {
          const chance = random();
          const cut = disk.cut(steps, () => random() < chance);
          await recovered(cut, scenario, leastSynced, `power cut after step ${steps}`);
          counts.cuts++;
        }
        steps++;
      }
    });
  }

  after(() => {
    removeTempDir(directory);
    const { kills, cuts, twice, different, byLibrary, refused } = counts;
    const states = kills + cuts + twice;
    process.stdout.write(
      `    ${states} crash states: ${kills} kills, ${cuts} power cuts, ${twice} crashes of a recovery; ` +
        `${different} different files, ${byLibrary} read by libhdf5, ${refused} refused by it without their log\n`,
    );
  });
});
