import assert from "node:assert/strict";
import { copyFileSync, existsSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { EXIT } from "../../src/cli/exit-status.ts";
import { superblockSector } from "../../src/format/superblock-sector.ts";
import { H5File } from "../../src/object/file.ts";
import { createGroup } from "../../src/object/new-object.ts";
import { recoverFile } from "../../src/object/recover-file.ts";
import { WritableFile } from "../../src/object/writable-file.ts";
import { H5FS } from "../support/mount.ts";
import { projectRoot } from "../support/project.ts";
import { type RunResult, run } from "../support/run.ts";
import { assertSoundAt } from "../support/sound.ts";
import { withTempDir } from "../support/temp-dir.ts";

const WRITER = join(projectRoot(), "dist/test/crash/writer.js");
const LOG = ".file.h5.h5fs-journal";

const h5fs = (...args: string[]): Promise<RunResult> => run(process.execPath, [H5FS, ...args]);
const text = ({ stdout }: RunResult): string => stdout.toString();

/** A file whose writer has made the groups g0, g1 and g2, and died. */
async function withPending(use: (path: string, directory: string) => Promise<void>, ...more: string[]): Promise<void> {
  await withTempDir(async (directory) => {
    const path = join(directory, "file.h5");
    copyFileSync(join(projectRoot(), "test/data/engine/userblock.h5"), path);
    const { stdout, signal, stderr } = await run(process.execPath, [WRITER, path, "3", ...more]);
    assert.deepEqual([stdout.toString(), signal, stderr], ["0\n1\n2\n", "SIGKILL", ""]);
    await use(path, directory);
  });
}

async function wasmNames(path: string): Promise<string[]> {
  const { activate_throwing_error_handler, deactivate_throwing_error_handler } = await h5wasm.ready;
  activate_throwing_error_handler();
  try {
    const file = new h5wasm.File(path, "r");
    const names = file.keys();
    file.close();
    return names;
  } finally {
    deactivate_throwing_error_handler();
  }
}

const hasNew = (listing: readonly string[]): boolean => ["g0", "g1", "g2"].every((name) => listing.includes(name));

describe("a file whose writer died", function () {
  this.timeout(20_000);

  it("is read with the changes of its log, and left as it is; libhdf5 refuses it until it is recovered", () =>
    withPending(async (path, directory) => {
      const before = readFileSync(path);
      const listing = await h5fs("ls", path);
      assert.ok(hasNew(text(listing).split("/\n")), text(listing));
      const check = JSON.parse(text(await h5fs("check", "--json", path)));
      assert.deepEqual([check.damaged, check.pendingChanges], [false, 3]);
      assert.match(
        text(await h5fs("check", path)),
        /^note: journal: the last 3 changes of the file are only in the log/,
      );
      assert.deepEqual(readFileSync(path), before);
      assert.deepEqual(readdirSync(directory).sort(), [LOG, "file.h5"]);
      await assert.rejects(wasmNames(path));
      assert.deepEqual(readFileSync(path), before);

      const recovered = await h5fs("recover", path);
      assert.equal(text(recovered), `${path}: 3 changes of its log are in the file now\n`);
      assert.deepEqual(readdirSync(directory), ["file.h5"]);
      assert.ok(hasNew(await wasmNames(path)));
      assert.deepEqual(recoverFile(path), { kind: "clean" });
      assertSoundAt(path);
    }));

  it("is read from its log where it is half written", () =>
    withPending(async (path) => {
      const bytes = new Uint8Array(readFileSync(path));
      const offset = Buffer.from(bytes).indexOf("\x89HDF", 0, "latin1");
      const sector = superblockSector(offset);
      const superblock = bytes.subarray(offset, offset + 512);
      bytes.set(sector.withMark(sector.withMark(superblock, "unmarked"), "checkpointing"), offset);
      writeFileSync(path, bytes);
      assert.ok(hasNew(namesOf(path)));
      assert.throws(() => recoverFile(path, { discardLog: true }), /only the log can make it whole/);
      assert.equal(recoverFile(path).kind, "recovered");
      assert.ok(hasNew(await wasmNames(path)));
    }, "sync"));

  it("goes back to the state before its log when that is asked for; the log is kept", () =>
    withPending(async (path, directory) => {
      assert.deepEqual(recoverFile(path, { discardLog: true }), { kind: "set-aside", name: `${LOG}.orphan-1` });
      assert.ok(existsSync(join(directory, `${LOG}.orphan-1`)));
      const original = await wasmNames(join(projectRoot(), "test/data/engine/userblock.h5"));
      assert.deepEqual(await wasmNames(path), original);
    }));

  it("is refused where its log is missing, or is not its own", () =>
    withPending(async (path, directory) => {
      const bytes = readFileSync(path);
      unlinkSync(join(directory, LOG));
      const isMissing = /changes to it are in the log .*, which is missing or damaged; "h5fs recover --discard-log"/;
      assert.throws(() => H5File.open(path), isMissing);
      assert.throws(() => recoverFile(path), isMissing);
      assert.deepEqual(readFileSync(path), bytes);
      assert.deepEqual(recoverFile(path, { discardLog: true }), { kind: "unmarked" });
      await run(process.execPath, [WRITER, path, "2"]);
      writeFileSync(path, bytes);
      assert.throws(() => H5File.open(path), /belongs to another state of it/);
    }));

  it("is not read while a writer has it open", () =>
    withTempDir(async (directory) => {
      const path = join(directory, "file.h5");
      copyFileSync(join(projectRoot(), "test/data/engine/userblock.h5"), path);
      const file = WritableFile.open(path);
      const { status, stderr } = await h5fs("ls", path);
      assert.equal(status, EXIT.locked);
      assert.match(stderr, /another program has the file open/);
      file.transaction(({ edit }) => createGroup(edit, 0));
      assert.throws(() => H5File.open(path), /another program is writing the file/);
      file.close();
      H5File.open(path).close();
    }));
});

function namesOf(path: string): string[] {
  const file = H5File.open(path);
  const names = [...file.root.links()].map(({ name }) => name);
  file.close();
  return names;
}
