import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { findSuperblockSector, superblockSector } from "../../src/format/superblock-sector.ts";
import { checkFile } from "../../src/object/check.ts";
import { H5File } from "../../src/object/file.ts";
import { type NewFileOptions, newFileBytes } from "../../src/object/new-file.ts";
import { type FileTransaction, WritableFile } from "../../src/object/writable-file.ts";
import { recover } from "../../src/storage/journal/recovery.ts";
import { seededRandom } from "../storage/journal/cell-file.ts";
import { type DiskState, RecordingDisk } from "../storage/journal/recording-disk.ts";
import { removeTempDir, tempDir } from "../support/temp-dir.ts";
import { listFile, listWithLibrary } from "./file-model.ts";

/** Of the files that come out, one in so many is read by libhdf5, too. */
const LIBRARY_STRIDE = 20;

const FILE = "data.h5";
const LOG = ".data.h5.h5fs-journal";

/** What was promised when so many steps were done. */
interface Promised {
  readonly steps: number;
  readonly state: number;
}

function fileOn(disk: RecordingDisk): ReturnType<RecordingDisk["open"]> & object {
  const file = disk.open(FILE);
  assert.ok(file);
  return file;
}

/** Changes of an HDF5 file on a disk that remembers every call, and what the file held after each of them. */
export class Recording {
  readonly file: WritableFile;
  readonly #disk: RecordingDisk;
  readonly #mirror = tempDir();
  /** What the file holds after each change that was published, and the last change after which it is so. */
  readonly #states = new Map<string, number>();
  readonly #published: Promised[] = [{ steps: 0, state: 0 }];
  readonly #synced: Promised[] = [{ steps: 0, state: 0 }];
  #state = 0;

  constructor(options: NewFileOptions) {
    this.#disk = RecordingDisk.of(FILE, newFileBytes(options), this.#mirror);
    this.file = WritableFile.over({ file: fileOn(this.#disk), directory: this.#disk, logName: LOG });
    this.#states.set(this.listing(), 0);
  }

  listing(): string {
    return listFile(this.file.read());
  }

  /** One transaction. */
  change(change: (transaction: FileTransaction) => void): void {
    this.file.transaction(change);
    this.note();
  }

  /** The file was changed, or a change was taken back. */
  note(): void {
    this.#states.set(this.listing(), ++this.#state);
    this.#published.push({ steps: this.#disk.steps.length, state: this.#state });
  }

  sync(): void {
    this.file.sync();
    this.#promise();
  }

  checkpoint(): void {
    this.file.checkpoint();
    this.#promise();
  }

  /** All is in its place, and the log is gone. */
  close(): void {
    this.file.close();
    this.#promise();
    assert.deepEqual(this.#disk.names(), [FILE]);
    removeTempDir(this.#mirror);
  }

  #promise(): void {
    this.#synced.push({ steps: this.#disk.steps.length, state: this.#state });
  }

  get disk(): RecordingDisk {
    return this.#disk;
  }

  /** The change after which the file held that; `undefined`: it never did. */
  stateOf(listing: string): number | undefined {
    return this.#states.get(listing);
  }

  /** The change that a kill after so many steps must not lose; after a power cut, `synced`. */
  leastAfter(steps: number, survives: "published" | "synced"): number {
    const promises = survives === "published" ? this.#published : this.#synced;
    return Math.max(...promises.filter((promise) => promise.steps <= steps).map(({ state }) => state));
  }
}

/** How many of the states that crashes may leave are looked at. */
export interface Thoroughness {
  /** Power cuts after each step. */
  readonly cutsPerStep: number;
  /** Of the steps of each recovery, about one in half so many is looked at. */
  readonly recoveryStride: number;
}

export interface CrashCounts {
  readonly kills: number;
  readonly cuts: number;
  /** Crashes of the recovery after a crash. */
  readonly twice: number;
  /** Files that came out, each counted once. */
  readonly different: number;
  readonly byLibrary: number;
  readonly refused: number;
}

export const NO_CRASHES: CrashCounts = { kills: 0, cuts: 0, twice: 0, different: 0, byLibrary: 0, refused: 0 };

export function addCounts(a: CrashCounts, b: CrashCounts): CrashCounts {
  return {
    kills: a.kills + b.kills,
    cuts: a.cuts + b.cuts,
    twice: a.twice + b.twice,
    different: a.different + b.different,
    byLibrary: a.byLibrary + b.byLibrary,
    refused: a.refused + b.refused,
  };
}

export function countsText({ kills, cuts, twice, different, byLibrary, refused }: CrashCounts): string {
  return (
    `${kills + cuts + twice} crash states: ${kills} kills, ${cuts} power cuts, ${twice} crashes of a recovery; ` +
    `${different} different files, ${byLibrary} read by libhdf5, ${refused} refused by it without their log`
  );
}

/**
 * Looks at a recording as crashes leave it: killed after every step, after power cuts that lose what they may, and after crashes of the
 * recoveries from these. What comes back must be a state that was published, and none older than was promised.
 */
export async function replay(
  recording: Recording,
  seed: number,
  { cutsPerStep, recoveryStride }: Thoroughness,
): Promise<CrashCounts> {
  const judge = new Judge(recording);
  const random = seededRandom(seed);
  const { disk } = recording;
  let [kills, cuts, twice, steps] = [0, 0, 0, 0];
  try {
    for (const killed of disk.killedAtEach()) {
      const least = recording.leastAfter(steps, "published");
      const leastSynced = recording.leastAfter(steps, "synced");
      const again = await judge.recovered(killed, least, `killed after step ${steps}`);
      kills++;
      if (random() < 1 / LIBRARY_STRIDE) await judge.withoutLog(killed, `killed after step ${steps}, without log`);
      for (let at = 0; at < again.steps.length; at += 1 + Math.floor(random() * recoveryStride)) {
        const what = `killed after step ${steps}, the recovery after ${at}`;
        await judge.recovered(again.killed(at), least, what);
        const cut = again.cut(at, () => random() < 0.5);
        await judge.recovered(cut, leastSynced, `${what}, by a power cut`);
        twice += 2;
      }
      for (let n = 0; n < cutsPerStep; n++) {
        const chance = random();
        const cut = disk.cut(steps, () => random() < chance);
        await judge.recovered(cut, leastSynced, `power cut after step ${steps}`);
        cuts++;
      }
      steps++;
    }
    return { kills, cuts, twice, ...judge.counts };
  } finally {
    judge.close();
  }
}

/** Says of what a crash left whether it is as it may be. */
class Judge {
  readonly #recording: Recording;
  readonly #directory = tempDir();
  readonly #path = join(this.#directory, FILE);
  /** What was found in a file, by its bytes: many crashes lead to the same. */
  readonly #known = new Map<string, string>();
  readonly counts = { different: 0, byLibrary: 0, refused: 0 };

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  /** Recovers what a crash left: the state must be one that was published, and no older than `least`. */
  async recovered(state: DiskState, least: number, what: string): Promise<RecordingDisk> {
    const disk = new RecordingDisk(state);
    const file = fileOn(disk);
    recover({ file, directory: disk, logName: LOG, superblock: findSuperblockSector(file) });
    const listing = await this.#contentOf(disk.content(FILE) ?? new Uint8Array(0), what);
    const number = this.#recording.stateOf(listing);
    assert.ok(number !== undefined, `${what}: a state came back that never was:\n${listing}`);
    assert.ok(number >= least, `${what}: state ${number} came back, ${least} was promised`);
    return disk;
  }

  /** libhdf5 alone reads a whole state of a file that was left behind, or refuses it. */
  async withoutLog(state: DiskState, what: string): Promise<void> {
    const bytes = state.files.get(state.names.get(FILE) ?? -1) ?? new Uint8Array(0);
    writeFileSync(this.#path, bytes);
    let listing: string;
    try {
      listing = await listWithLibrary(this.#path);
    } catch {
      const offset = Buffer.from(bytes).indexOf("\x89HDF", 0, "latin1");
      const mark = superblockSector(offset).markOf(bytes.subarray(offset, offset + 512));
      assert.notEqual(mark, "unmarked", `${what}: libhdf5 refuses a file that is called whole`);
      this.counts.refused++;
      return;
    }
    this.counts.byLibrary++;
    assert.ok(this.#recording.stateOf(listing) !== undefined, `${what}: libhdf5 reads a state that never was`);
  }

  /** What h5fs, and sometimes libhdf5, finds in a whole file. */
  async #contentOf(bytes: Uint8Array, what: string): Promise<string> {
    const hash = createHash("sha1").update(bytes).digest("base64");
    const found = this.#known.get(hash);
    if (found !== undefined) return found;
    writeFileSync(this.#path, bytes);
    const file = H5File.open(this.#path);
    const listing = listFile(file);
    const { findings } = checkFile(file, { data: true });
    file.close();
    const damage = findings.filter(({ severity }) => severity === "damage");
    assert.deepEqual(damage, [], what);
    if (this.counts.different++ % LIBRARY_STRIDE === 0) {
      assert.equal(await listWithLibrary(this.#path), listing, `${what}: libhdf5 reads something else`);
      this.counts.byLibrary++;
    }
    this.#known.set(hash, listing);
    return listing;
  }

  close(): void {
    removeTempDir(this.#directory);
  }
}
