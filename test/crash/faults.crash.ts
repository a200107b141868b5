import { strict as assert } from "node:assert";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { H5Error } from "../../src/errors.ts";
import { checkFile } from "../../src/object/check.ts";
import { H5File } from "../../src/object/file.ts";
import { createFile, LIBRARY_VERSIONS } from "../../src/object/new-file.ts";
import { placeOf, removeLinkAt } from "../../src/object/path-edit.ts";
import { WritableFile } from "../../src/object/writable-file.ts";
import { seededRandom } from "../storage/journal/cell-file.ts";
import { notRun } from "../support/not-run.ts";
import { projectRoot } from "../support/project.ts";
import { tempDir, withTempDir } from "../support/temp-dir.ts";
import { asUser, isRoot, NOBODY, whyNotAsUser } from "../support/user.ts";
import { emptyModel, listFile, listModel, listWithLibrary } from "./file-model.ts";
import { changeAtRandom } from "./operations.ts";

/** Writers that are killed; `.ci/run` and long runs by hand take more. */
const KILLS = Number(process.env.H5FS_CRASH_KILLS ?? 8);

/** Of `h5fs repack`. */
const REPACK_KILLS = Math.ceil(KILLS / 20);

const program = (name: string): string => join(projectRoot(), "dist/test/crash", name);
const hash = (text: string): string => createHash("sha1").update(text).digest("hex");

/** What the writer said until it was killed, some milliseconds after it began to write. */
function writeAndKill(path: string, seed: number, milliseconds: number): Promise<string> {
  const child = spawn(process.execPath, [program("busy-writer.js"), path, `${seed}`], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  let complaint = "";
  let isTimed = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    if (!isTimed) setTimeout(() => child.kill("SIGKILL"), milliseconds);
    isTimed = true;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (_, signal) => {
      if (signal === "SIGKILL") resolve(said);
      else reject(new Error(`the writer ended by itself: ${complaint}`));
    });
  });
}

/** The hashes of what the file may hold: what was published last, and what was about to be. */
function allowedBy(said: string): string[] {
  const hashes = new Map<number, string>();
  let published = 0;
  let begun = 0;
  for (const line of said.split("\n")) {
    const [mark, number, text] = line.split(" ");
    if (text !== undefined) hashes.set(Number(number), text);
    if (mark === "!") published = Number(number);
    if (mark === "?") begun = Number(number);
  }
  return [hashes.get(published) ?? "", hashes.get(begun) ?? ""];
}

function assertUndamaged(path: string): void {
  const file = H5File.open(path);
  const damage = checkFile(file, { data: true }).findings.filter(({ severity }) => severity === "damage");
  file.close();
  assert.deepEqual(damage, []);
}

describe("real faults", function () {
  this.timeout(Number(process.env.H5FS_CRASH_TIMEOUT ?? 60_000));

  it("kill -9: nothing that was published is lost, and the file is whole for h5fs and libhdf5", async () => {
    const random = seededRandom(Number(process.env.H5FS_CRASH_SEED ?? 1));
    let pending = 0;
    let changes = 0;
    await withTempDir(async (directory) => {
      for (const libver of LIBRARY_VERSIONS) {
        const path = join(directory, `${libver}.h5`);
        createFile(path, { libver });
        for (let round = 0; round < KILLS / LIBRARY_VERSIONS.length; round++) {
          const said = await writeAndKill(path, Math.floor(random() * 2 ** 30), random() * 150);
          changes += said.split("\n!").length;
          // First as a reader sees it, beside its log; then recovered.
          const reader = H5File.open(path);
          const listing = listFile(reader);
          reader.close();
          assert.ok(allowedBy(said).includes(hash(listing)), `${libver}, round ${round}:\n${listing}`);
          const file = WritableFile.open(path);
          if (file.recovery.kind === "recovered") pending++;
          assert.equal(listFile(file.read()), listing);
          file.close();
          assertUndamaged(path);
          assert.equal(await listWithLibrary(path), listing);
          assert.deepEqual(
            readdirSync(directory).filter((name) => name.includes("journal")),
            [],
          );
        }
      }
    });
    process.stdout.write(
      `    ${KILLS} writers killed in ${changes} changes, ${pending} of the files had to be recovered\n`,
    );
  });

  it("kill -9 of h5fs repack: the file is as it was or repacked, never another, and what is left over is in nobody's way", async () => {
    const random = seededRandom(11);
    const counts = { before: 0, after: 0, left: 0 };
    await withTempDir(async (directory) => {
      const path = join(directory, "file.h5");
      createFile(path, { libver: "v110" });
      const writer = WritableFile.open(path);
      const model = emptyModel();
      while (model.links.size < 8) changeAtRandom(writer, model, (n) => Math.floor(random() * n));
      writer.close();
      const original = readFileSync(path);
      const listing = listModel(model);
      let abandoned: readonly string[] = [];
      for (let round = 0; round < REPACK_KILLS; round++) {
        writeFileSync(path, original);
        const child = spawn(process.execPath, [join(projectRoot(), "dist/h5fs/main.js"), "repack", "-q", path]);
        const ended = new Promise((resolve) => child.on("close", resolve));
        // It is there when it is made, and not when it has its name.
        const isNew = (name: string): boolean => name.startsWith(".h5fs-new") && !abandoned.includes(name);
        while (child.exitCode === null && !readdirSync(directory).some(isNew)) await sleep(1);
        await sleep(random() * 1500);
        child.kill("SIGKILL");
        await ended;
        const left = readdirSync(directory).filter((name) => name !== "file.h5");
        assert.ok(
          left.every((name) => /^\.(h5fs-new|.*h5fs-journal)/.test(name)),
          left.join(),
        );
        // Those of the rounds before were removed when this one's file was made.
        assert.ok(!left.some((name) => name.includes("h5fs-new") && abandoned.includes(name)), left.join());
        if (left.length > 0) counts.left++;
        abandoned = left;
        if (readFileSync(path).equals(original)) counts.before++;
        else counts.after++;
        const file = H5File.open(path);
        assert.equal(listFile(file), listing);
        file.close();
        assertUndamaged(path);
        assert.equal(await listWithLibrary(path), listing);
      }
    });
    const { before, after, left } = counts;
    process.stdout.write(
      `    ${REPACK_KILLS} repacks killed: ${before} before, ${after} after; ${left} left a file beside it\n`,
    );
  });

  it("a full disk: the change that does not fit fails alone, deleting works, and the file is whole", async function () {
    if (!isRoot) return notRun(this, "only root may mount a small file system", "excused");
    const directory = tempDir();
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=12m", "tmpfs", directory]);
    if (mounted.status !== 0) return notRun(this, `mount: ${mounted.stderr}`);
    try {
      await onFullDisk(directory);
    } finally {
      spawnSync("umount", ["-l", directory]);
    }
  });

  it("a directory that cannot be written, one file under two names, or mounted alone: refused, with what to do", async function () {
    const why = await whyNotAsUser();
    if (why !== undefined) return notRun(this, why, "excused");
    await withTempDir(async (directory) => {
      const inner = join(directory, "inner");
      mkdirSync(inner);
      const path = join(inner, "file.h5");
      createFile(path);
      if (isRoot) for (const each of [directory, inner, path]) chownSync(each, NOBODY, NOBODY);
      chmodSync(inner, 0o555);
      const { stderr, status } = await asUser(process.execPath, [program("writer.js"), path, "1"]);
      assert.notEqual(status, 0);
      assert.match(stderr, /inner: permission to write it is denied/);
      chmodSync(inner, 0o755);
      linkSync(path, join(inner, "other.h5"));
      assert.throws(() => WritableFile.open(path), /has several names .* -o journal=DIR/);
      const logs = join(directory, "logs");
      mkdirSync(logs);
      WritableFile.open(path, { journalDirectory: logs }).close();
      rmSync(join(inner, "other.h5"));
      if (!isRoot) return;
      const target = join(directory, "bound.h5");
      writeFileSync(target, "");
      assert.equal(spawnSync("mount", ["--bind", path, target]).status, 0);
      try {
        assert.throws(() => WritableFile.open(target), /the file alone is mounted here/);
      } finally {
        spawnSync("umount", [target]);
      }
    });
  });

  it("two writers: the second is refused, and the first goes on", () =>
    withTempDir((directory) => {
      const path = join(directory, "file.h5");
      createFile(path);
      const first = WritableFile.open(path);
      assert.throws(
        () => WritableFile.open(path),
        (error) => error instanceof H5Error && error.kind === "locked",
      );
      const random = seededRandom(2);
      const model = emptyModel();
      for (let i = 0; i < 10; i++) changeAtRandom(first, model, (n) => Math.floor(random() * n));
      first.close();
      const file = H5File.open(path);
      assert.equal(listFile(file), listModel(model));
      file.close();
    }));
});

/** Changes a file on a disk that somebody else fills; deletes, and goes on when there is room again. */
async function onFullDisk(directory: string): Promise<void> {
  const path = join(directory, "file.h5");
  const filler = join(directory, "filler");
  createFile(path, { libver: "v110" });
  const random = seededRandom(5);
  const pick = (n: number): number => Math.floor(random() * n);
  const model = emptyModel();
  const file = WritableFile.open(path);
  while (model.links.size < 6) changeAtRandom(file, model, pick);
  fillUp(filler);
  let failed = 0;
  // The log has some room of its own, which small changes take first.
  for (let i = 0; i < 60 || (failed === 0 && i < 2000); i++) {
    try {
      changeAtRandom(file, model, pick);
    } catch (error) {
      assert.ok(error instanceof H5Error && error.kind === "io", String(error));
      assert.match(error.message, /file.h5: ENOSPC.*; the change was not made$/);
      failed++;
    }
    assert.equal(listFile(file.read()), listModel(model));
  }
  assert.ok(failed > 0, "the disk is full");
  for (const name of model.links.keys()) {
    file.transaction((transaction) => removeLinkAt(transaction, placeOf(transaction.file, `/${name}`)));
    model.links.delete(name);
  }
  assert.equal(listFile(file.read()), listModel(model));
  // There may be no room to put the changes in place: then they stay in the log.
  try {
    file.close();
  } catch (error) {
    assert.ok(error instanceof H5Error && error.kind === "io", String(error));
  }
  const reader = H5File.open(path);
  assert.equal(listFile(reader), listModel(model));
  reader.close();
  rmSync(filler);
  const again = WritableFile.open(path);
  for (let i = 0; i < 30; i++) changeAtRandom(again, model, pick);
  again.close();
  assertUndamaged(path);
  assert.equal(await listWithLibrary(path), listModel(model));
}

/** Takes nearly all the room that there is. */
function fillUp(path: string): void {
  const fd = openSync(path, "w");
  try {
    for (const size of [2 ** 20, 2 ** 16, 2 ** 12]) {
      for (;;) {
        try {
          if (writeSync(fd, new Uint8Array(size)) < size) break;
        } catch (error) {
          assert.ok(error instanceof Error && "code" in error && error.code === "ENOSPC", String(error));
          break;
        }
      }
    }
  } finally {
    closeSync(fd);
  }
}
