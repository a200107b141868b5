import { strict as assert } from "node:assert";
import { once } from "node:events";
import * as fs from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import h5wasm from "h5wasm/node";
import { checkFile } from "../../src/object/check.ts";
import { H5File } from "../../src/object/file.ts";
import { createFile, LIBRARY_VERSIONS, type LibraryVersion } from "../../src/object/new-file.ts";
import { seededRandom } from "../storage/journal/cell-file.ts";
import { clearMount, mountFile, withMount } from "../support/mount.ts";
import { needMount } from "../support/need-mount.ts";
import { withTempDir } from "../support/temp-dir.ts";
import { hashOf, type MountWriterReport, type MountWriterSetup, NPY } from "./mount-report.ts";

/** Daemons that are killed; `npm run crash -- N` takes more. */
const KILLS = Number(process.env.H5FS_CRASH_MOUNT_KILLS ?? 4);

const WRITERS = 6;
const READERS = 2;

const WRITABLE = { transport: "kernel", options: ["mode=r+"] } as const;

describe("a mount whose daemon is killed while eight threads write and read", function () {
  this.timeout(Number(process.env.H5FS_CRASH_TIMEOUT ?? 180_000));

  it("has all that was closed, every file whole, at the next start", async function () {
    needMount(this, "kernel");
    await h5wasm.ready;
    const random = seededRandom(Number(process.env.H5FS_CRASH_SEED ?? 1));
    const versions = LIBRARY_VERSIONS.slice(0, Math.min(LIBRARY_VERSIONS.length, KILLS));
    let done = 0;
    let read = 0;
    for (const libver of versions) {
      await withTempDir(async (directory) => {
        const file = join(directory, "file.h5");
        makeFile(file, libver);
        const dir = join(directory, "mnt");
        fs.mkdirSync(dir);
        for (let round = 0; round < KILLS / versions.length; round++) {
          const reports = await workAndKill(file, dir, random);
          for (const report of reports) {
            if (report.files.size > 0) done += report.done;
            else read += report.done;
          }
          await withMount(file, { ...WRITABLE, dir }, () => assertThere(dir, reports, `${libver}, round ${round}`));
        }
        assertSound(file);
      });
    }
    process.stdout.write(`    ${KILLS} daemons killed in ${done} changes, beside ${read} files read\n`);
  });
});

/** Each writer has a folder, with a dataset that no new file can become. */
function makeFile(path: string, libver: LibraryVersion): void {
  createFile(path, { libver });
  const file = new h5wasm.File(path, "a");
  for (let i = 0; i < WRITERS; i++) {
    file
      .create_group(`w${i}`)
      .create_dataset({ name: "data", data: new Int32Array(1000), chunks: [100], compression: 1 });
  }
  file.close();
}

/** @returns what the writers know, in order of their folders, then the readers */
async function workAndKill(file: string, dir: string, random: () => number): Promise<MountWriterReport[]> {
  const mount = await mountFile(file, { ...WRITABLE, dir });
  const seeds = Array.from({ length: WRITERS + READERS }, () => Math.floor(random() * 2 ** 30));
  const threads = seeds.map((seed, i) => threadOf({ dir, seed, folder: i < WRITERS ? `w${i}` : undefined }));
  const ended = Promise.all(threads.map(({ report }) => report));
  try {
    await Promise.race([ended, Promise.all(threads.map(({ begun }) => begun))]);
    await Promise.race([ended, sleep(random() * 1500)]);
  } finally {
    process.kill(mount.pid, "SIGKILL");
    await mount.ended;
  }
  try {
    await ended;
    assert.equal(mount.log().includes("defect"), false, mount.log());
  } finally {
    clearMount(dir);
  }
  return ended;
}

interface Thread {
  readonly begun: Promise<unknown>;
  readonly report: Promise<MountWriterReport>;
}

function threadOf(workerData: MountWriterSetup): Thread {
  const worker = new Worker(new URL("./mount-writer.js", import.meta.url), { workerData });
  const begun = once(worker, "message");
  const report = begun.then(() => once(worker, "message")).then(([last]: MountWriterReport[]) => last ?? assert.fail());
  return { begun, report };
}

function assertThere(dir: string, reports: readonly MountWriterReport[], when: string): void {
  for (const [i, { files, pending, torn }] of reports.entries()) {
    assert.deepEqual(torn, [], when);
    if (i >= WRITERS) continue;
    const at = join(dir, `w${i}`);
    const names = new Set([...fs.readdirSync(at), ...files.keys()]);
    for (const name of names) {
      const path = join(at, name);
      const hash = fs.existsSync(path) ? hashOf(fs.readFileSync(path)) : undefined;
      const isDone = hash === files.get(name);
      const isPending = pending?.name === name && hash === pending.hash;
      // What is renamed has one of its two names; what is being made may be there empty.
      const isMoving = name === "new" && (hash === undefined || pending !== undefined);
      const isMade = !files.has(name) && pending?.name === name && hash === hashOf(new Uint8Array(0));
      assert.ok(isDone || isPending || isMoving || isMade, `${when}: ${path} is ${hash}, expected ${files.get(name)}`);
    }
    assert.ok(names.has(NPY) || names.size > 0, when);
  }
}

function assertSound(path: string): void {
  const file = H5File.open(path);
  const damage = checkFile(file, { data: true }).findings.filter(({ severity }) => severity === "damage");
  file.close();
  assert.deepEqual(damage, []);
  const library = new h5wasm.File(path, "r");
  let datasets = 0;
  for (const name of library.paths()) {
    const object = library.get(name);
    if (!(object instanceof h5wasm.Dataset)) continue;
    assert.ok(object.value !== null, name);
    datasets++;
  }
  library.close();
  assert.ok(datasets >= WRITERS);
}
