import assert from "node:assert/strict";
import { join } from "node:path";
import { LiveFile } from "../../../mount/writable/live-file.ts";
import { createFile } from "../../../src/object/new-file.ts";
import { createGroup } from "../../../src/object/new-object.ts";
import { WritableFile } from "../../../src/object/writable-file.ts";
import type { DiskFile } from "../../../src/storage/journal/disk.ts";
import type { SyncOutcome, SyncThread } from "../../../src/storage/journal/sync-runner.ts";
import { removeTempDir, tempDir } from "../../support/temp-dir.ts";

/** A thread that is done with a sync when the test says so. */
class HeldSyncs implements SyncThread {
  #file: DiskFile | undefined;
  #isDone = false;
  failure: Error | undefined;

  start(file: DiskFile): void {
    this.#file = file;
    this.#isDone = false;
  }

  end(): void {
    this.#isDone = true;
  }

  outcome(): SyncOutcome | undefined {
    return this.#isDone ? this.wait() : undefined;
  }

  wait(): SyncOutcome {
    this.#file?.sync();
    this.#file = undefined;
    this.#isDone = false;
    return { error: this.failure };
  }
}

describe("the mounted file while another thread waits for the disk", () => {
  let directory: string;
  let thread: HeldSyncs;
  let live: LiveFile;
  let failures: unknown[];

  beforeEach(() => {
    directory = tempDir();
    const path = join(directory, "file.h5");
    createFile(path);
    thread = new HeldSyncs();
    failures = [];
    live = new LiveFile(WritableFile.open(path, { syncThread: thread }), (error) => failures.push(error));
  });

  afterEach(() => {
    live.close();
    removeTempDir(directory);
  });

  const change = (): void => live.transaction(({ edit }) => void createGroup(edit, 0));
  /** The thread is done with what it has, again and again, until nothing is under way. */
  const settle = (): void => {
    for (let i = 0; i < 20; i++) {
      thread.end();
      live.proceed();
    }
  };

  it("answers a sync when it is done; changes are made meanwhile, and who asks later waits for the next", () => {
    const answers: string[] = [];
    change();
    live.sync((error) => answers.push(`first ${error}`));
    change();
    live.sync((error) => answers.push(`second ${error}`));
    live.proceed();
    assert.deepEqual(answers, []);
    assert.equal(live.isHeld, false);
    for (let i = 0; i < 2; i++) {
      thread.end();
      live.proceed();
    }
    assert.deepEqual(answers, ["first undefined"]);
    assert.equal(live.isSynced, false);
    settle();
    assert.deepEqual(answers, ["first undefined", "second undefined"]);
    assert.equal(live.isSynced, true);
  });

  it("holds changes only once a checkpoint has little left to wait for", () => {
    change();
    live.checkpoint();
    assert.equal(live.isHeld, false, "first it is synced");
    change();
    for (let i = 0; i < 2; i++) {
      thread.end();
      live.proceed();
    }
    assert.equal(live.isHeld, true);
    settle();
    assert.equal(live.isHeld, false);
    assert.deepEqual(failures, []);
  });

  it("makes a change wait for a checkpoint, rather than lose it", () => {
    change();
    live.checkpoint();
    for (let i = 0; i < 2; i++) {
      thread.end();
      live.proceed();
    }
    assert.equal(live.isHeld, true);
    change();
    assert.equal(live.isHeld, false);
    settle();
  });

  it("tells everybody who waits that the disk has failed", () => {
    const answers: unknown[] = [];
    change();
    live.sync((error) => answers.push(error));
    live.sync((error) => answers.push(error));
    thread.failure = new Error("EIO: made up by a test");
    settle();
    assert.equal(answers.length, 2);
    for (const answer of answers) assert.match(String(answer), /writing has ended/);
    assert.throws(change, /writing has ended/);
  });
});
