import { strict as assert } from "node:assert";
import { H5Error } from "../../../src/errors.ts";
import { LARGE } from "../../../src/storage/journal/allocator.ts";
import { SECTOR } from "../../../src/storage/journal/superblock-sector.ts";
import {
  changeCells,
  checkCells,
  emptyCellFile,
  FILE_NAME,
  FIRST_END,
  LOG_NAME,
  openCellFile,
  sector,
  seededRandom,
  stateNumber,
} from "./cell-file.ts";
import { RecordingDisk, systemError } from "./recording-disk.ts";
import { SlowSyncs } from "./slow-syncs.ts";

function opened(): { disk: RecordingDisk; file: ReturnType<typeof openCellFile>; random: () => number } {
  const disk = RecordingDisk.of(FILE_NAME, emptyCellFile());
  return { disk, file: openCellFile(disk), random: seededRandom(7) };
}

function change({ file, random }: Pick<ReturnType<typeof opened>, "file" | "random">): void {
  changeCells(file.begin(), random);
  file.publish();
}

describe("journal", () => {
  it("leaves a file alone that nothing was written to", () => {
    const { disk, file } = opened();
    file.begin();
    file.publish();
    file.begin();
    file.rollback();
    file.close();
    assert.equal(disk.steps.length, 0);
  });

  it("rolls the failed change back on a full disk, and goes on when there is room", () => {
    const { disk, file, random } = opened();
    change({ file, random });
    const before = checkCells(file);
    disk.capacity = [FILE_NAME, LOG_NAME].reduce((sum, name) => sum + (disk.content(name)?.length ?? 0), 0);
    assert.throws(
      () => change({ file, random }),
      (error) => error instanceof H5Error && error.kind === "io",
    );
    assert.equal(checkCells(file), before);
    disk.capacity = Number.POSITIVE_INFINITY;
    change({ file, random });
    assert.equal(stateNumber(file), 2);
    checkCells(file);
    file.close();
    assert.equal(stateNumber(openCellFile(disk)), 2);
  });

  it("keeps mark and log where a checkpoint finds no room, and makes it later", () => {
    const { disk, file, random } = opened();
    change({ file, random });
    disk.capacity = 0;
    assert.throws(() => file.checkpoint());
    assert.equal(sector.markOf(disk.content(FILE_NAME) ?? new Uint8Array(0)), "pending");
    disk.capacity = Number.POSITIVE_INFINITY;
    file.checkpoint();
    assert.equal(sector.markOf(disk.content(FILE_NAME) ?? new Uint8Array(0)), "unmarked");
    file.close();
  });

  it("fails a change alone for which the mark cannot be written", () => {
    const { disk, file, random } = opened();
    const before = checkCells(file);
    disk.writeFailure = { name: FILE_NAME, offset: sector.offset, error: systemError("ENOSPC") };
    assert.throws(() => change({ file, random }), /ENOSPC.*the change was not made/);
    assert.equal(checkCells(file), before);
    assert.equal(stateNumber(openCellFile(new RecordingDisk(disk.killed(disk.steps.length)))), 0);
    change({ file, random });
    assert.equal(stateNumber(openCellFile(new RecordingDisk(disk.killed(disk.steps.length)))), 1);
    file.close();
    assert.equal(stateNumber(openCellFile(disk)), 1);
  });

  it("keeps a file as long as its superblock says when free space is found at its end", () => {
    const bytes = new Uint8Array(FIRST_END + 4096);
    bytes.set(emptyCellFile());
    bytes.set(sector.withEnd(bytes.slice(0, SECTOR), bytes.length));
    const disk = RecordingDisk.of(FILE_NAME, bytes);
    const file = openCellFile(disk);
    const random = seededRandom(7);
    const sizes = (): number[] => {
      const content = disk.content(FILE_NAME) ?? new Uint8Array(0);
      return [content.length, sector.endOf(content)];
    };
    const one = file.begin();
    const spare = FIRST_END - 1;
    one.write(spare, new Uint8Array([1]));
    file.publish();
    file.allocator.addFree(FIRST_END, 4096);
    file.checkpoint();
    assert.deepEqual(sizes(), [bytes.length, bytes.length]);
    const two = file.begin();
    two.write(spare, new Uint8Array([2]));
    file.publish();
    const again = openCellFile(new RecordingDisk(disk.killed(disk.steps.length)));
    assert.deepEqual(again.recovery, { kind: "recovered", transactions: 1, lost: 0 });
    assert.equal(again.read(spare, 1)[0], 2);
    file.checkpoint();
    assert.deepEqual(sizes(), [FIRST_END, FIRST_END], "the next change says that the file is shorter");
    change({ file, random });
    file.close();
    checkCells(openCellFile(disk));
  });

  it("publishes a change that only allocates or frees", () => {
    const { disk, file } = opened();
    const at = file.begin().allocate(5000, "metadata");
    file.publish();
    file.begin().free(at, 5000);
    file.publish();
    file.checkpoint();
    const content = disk.content(FILE_NAME) ?? new Uint8Array(0);
    assert.deepEqual([content.length, sector.endOf(content)], [FIRST_END, FIRST_END]);
    const last = file.begin().allocate(100, "metadata");
    file.publish();
    file.close();
    assert.equal(sector.endOf(disk.content(FILE_NAME) ?? new Uint8Array(0)), last + 100);
  });

  it("ends writing when a sync fails, and recovers what was published", () => {
    const { disk, file, random } = opened();
    change({ file, random });
    disk.syncFailure = systemError("EIO");
    assert.throws(() => file.sync(), /writing has ended/);
    disk.syncFailure = undefined;
    assert.throws(() => file.begin(), /writing has ended/);
    assert.throws(() => file.sync(), /writing has ended/);
    file.close();
    const again = openCellFile(disk);
    assert.deepEqual(again.recovery, { kind: "recovered", transactions: 1, lost: 0 });
    assert.equal(stateNumber(again), 1);
    checkCells(again);
  });

  it("goes on with changes while another thread syncs, and promises those from before", () => {
    const { disk, random } = opened();
    const slow = new SlowSyncs(disk);
    const file = openCellFile(disk, slow);
    change({ file, random });
    file.startSync();
    change({ file, random });
    file.proceed();
    assert.ok(file.isBusy);
    for (; file.isBusy; file.proceed()) slow.end();
    assert.ok(!file.isSynced, "the second change came after the sync had begun");
    const cut = openCellFile(new RecordingDisk(disk.cut(disk.steps.length, () => false)));
    assert.ok(stateNumber(cut) >= 1);
    checkCells(cut);
    file.startCheckpoint();
    assert.ok(file.isCheckpointing);
    assert.equal(stateNumber(file), 2, "it is read meanwhile");
    change({ file, random });
    assert.ok(!file.isCheckpointing, "the change has waited for it");
    file.close();
    assert.equal(stateNumber(openCellFile(disk)), 3);
  });

  it("ends writing when a sync fails on another thread, and recovers what was published", () => {
    const { disk, random } = opened();
    const slow = new SlowSyncs(disk);
    const file = openCellFile(disk, slow);
    change({ file, random });
    file.startSync();
    disk.syncFailure = systemError("EIO");
    slow.end();
    assert.throws(() => file.proceed(), /writing has ended/);
    disk.syncFailure = undefined;
    assert.throws(() => file.startSync(), /writing has ended/);
    file.close();
    assert.equal(stateNumber(openCellFile(disk)), 1);
  });

  it("ends writing when another program has changed the file", () => {
    const { disk, file, random } = opened();
    change({ file, random });
    file.checkpoint();
    const other = disk.open(FILE_NAME);
    other?.write([new Uint8Array([1])], 600);
    assert.throws(() => change({ file, random }), /another program has changed the file/);
  });

  it("sets a log aside that belongs to another state of the file", () => {
    const { disk, file, random } = opened();
    change({ file, random });
    // A copy that was taken while the file was pending, and put back after another generation has begun.
    const copy = disk.content(FILE_NAME)?.slice() ?? new Uint8Array(0);
    file.checkpoint();
    change({ file, random });
    disk.open(FILE_NAME)?.truncate(0);
    disk.open(FILE_NAME)?.write([copy], 0);
    const again = openCellFile(disk);
    assert.equal(again.recovery.kind, "set-aside");
    assert.equal(stateNumber(again), 0, "the file is as its last checkpoint left it");
    checkCells(again);
    assert.deepEqual(disk.names(), [FILE_NAME, `${LOG_NAME}.orphan-1`]);
  });

  it("applies no transaction whose replaced bytes are others by now, nor those after it", () => {
    const { disk, file } = opened();
    for (const [offset, value] of [
      [1000, 1],
      [1010, 2],
      [1020, 3],
    ] as const) {
      file.begin().write(offset, new Uint8Array([value]));
      file.publish();
    }
    disk.open(FILE_NAME)?.write([new Uint8Array([99])], 1010);
    const again = openCellFile(disk);
    assert.deepEqual(again.recovery, { kind: "recovered", transactions: 1, lost: 2 });
    assert.deepEqual(
      [1000, 1010, 1020].map((offset) => again.read(offset, 1)[0]),
      [1, 99, 0],
    );
  });

  it("refuses a marked file whose log is missing", () => {
    const { disk, file, random } = opened();
    change({ file, random });
    disk.remove(LOG_NAME);
    assert.throws(() => openCellFile(disk), /which is missing or damaged/);
  });

  it("uses freed space again, after a checkpoint only, and cuts what is free at the end", () => {
    const { disk, file } = opened();
    const first = file.begin();
    const a = first.allocate(LARGE, "raw");
    first.write(a, new Uint8Array(LARGE).fill(1));
    const b = first.allocate(100, "metadata");
    first.write(b, new Uint8Array(100).fill(2));
    file.publish();
    const second = file.begin();
    second.free(a, LARGE);
    const c = second.allocate(LARGE, "raw");
    assert.notEqual(c, a, "the state on disk still has it");
    file.rollback();
    const third = file.begin();
    third.free(a, LARGE);
    file.publish();
    file.checkpoint();
    const fourth = file.begin();
    assert.equal(fourth.allocate(LARGE, "raw"), a);
    file.rollback();
    const last = file.begin();
    last.free(b, 100);
    last.write(600, new Uint8Array(1));
    file.publish();
    file.close();
    assert.equal(disk.content(FILE_NAME)?.length, FIRST_END);
  });

  it("does not grow without end where the same bytes are written to a new place again and again", () => {
    const { disk, file } = opened();
    const size = 200_000;
    let at = 0;
    for (let round = 0; round < 100; round++) {
      const transaction = file.begin();
      if (at > 0) transaction.free(at, size);
      at = transaction.allocate(size, "raw");
      transaction.write(at, new Uint8Array(size).fill(round));
      file.publish();
      assert.ok(file.size < 10_000_000, `${file.size} bytes after round ${round}`);
    }
    file.close();
    assert.deepEqual(openCellFile(disk).read(at, size), new Uint8Array(size).fill(99));
  });

  it("reads, and recovers, what was written over new raw data again and again, whole and in part", () => {
    const { disk, file } = opened();
    const transaction = file.begin();
    const size = 2 * LARGE;
    const at = transaction.allocate(size, "raw");
    const expected = new Uint8Array(size);
    const write = (from: number, length: number, byte: number): void => {
      transaction.write(at + from, new Uint8Array(length).fill(byte));
      expected.fill(byte, from, from + length);
    };
    write(0, size, 1);
    write(0, size, 2);
    write(100, 10, 3);
    write(0, size, 4);
    assert.deepEqual(transaction.read(at, size), expected);
    write(LARGE, 8192, 5);
    write(LARGE - 3, 8, 6);
    write(5000, 10, 7);
    file.publish();
    assert.deepEqual(file.read(at, size), expected);
    const again = openCellFile(disk);
    assert.deepEqual(again.recovery, { kind: "recovered", transactions: 1, lost: 0 });
    assert.deepEqual(again.read(at, size), expected);
  });

  it("changes nothing that was read before, and takes back all of what is not published", () => {
    const { file, random } = opened();
    const size = 5000;
    const first = file.begin();
    const at = first.allocate(size, "metadata");
    let expected = new Uint8Array(size);
    first.write(at, expected);
    file.publish();
    const read: { readonly view: Uint8Array; readonly copy: Uint8Array }[] = [];
    const anywhere = (most: number): [number, number] => {
      const length = 1 + Math.floor(random() * most);
      return [Math.floor(random() * (size - length)), length];
    };
    for (let round = 0; round < 300; round++) {
      const transaction = file.begin();
      const changed = expected.slice();
      for (let n = Math.floor(random() * 12); n >= 0; n--) {
        const [from, length] = anywhere(random() < 0.1 ? 3000 : 90);
        const bytes = new Uint8Array(length).fill(1 + Math.floor(random() * 255));
        transaction.write(at + from, bytes);
        changed.set(bytes, from);
        if (random() > 0.2) continue;
        const [start, count] = anywhere(200);
        const view = file.read(at + start, count);
        read.push({ view, copy: changed.slice(start, start + count) });
      }
      if (random() < 0.4) file.rollback();
      else {
        file.publish();
        expected = changed;
      }
      if (random() < 0.05) file.checkpoint();
      assert.deepEqual(file.read(at, size), expected);
      for (const { view, copy } of read) assert.deepEqual(view, copy);
      if (read.length > 40) read.splice(0, 20);
    }
    file.close();
  });

  it("keeps its size through a thousand rounds of allocating and freeing", () => {
    const { disk, file, random } = opened();
    for (let round = 0; round < 1000; round++) {
      const size = 1 + Math.floor(random() * 3000);
      const make = file.begin();
      const at = make.allocate(size, round % 2 === 0 ? "metadata" : "raw");
      make.write(at, new Uint8Array(size).fill(round));
      file.publish();
      file.begin().free(at, size);
      file.publish();
      if (round % 10 === 0) file.checkpoint();
    }
    file.close();
    assert.equal(disk.content(FILE_NAME)?.length, FIRST_END);
  });
});
