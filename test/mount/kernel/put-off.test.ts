import assert from "node:assert/strict";
import { Preparing } from "../../../mount/errno.ts";
import type { Request } from "../../../mount/filesystem.ts";
import { OPCODE } from "../../../mount/kernel/opcode.ts";
import { Harness } from "./dispatch-harness.ts";
import { body, kernelRequest } from "./kernel-request.ts";
import { MemoryFileSystem } from "./memory-file-system.ts";
import { memoryTree, NODEID, XATTRS } from "./memory-tree.ts";

/** Steps of the work that a FLUSH takes. */
const STEPS = 3;

/** Each FLUSH and GETATTR asks for work, as long as it can be put off, until what was prepared is called as its handle. */
class Slow extends MemoryFileSystem {
  readonly log: string[] = [];

  override flush({ patience = 0, prepared, unique }: Request, _nodeid: number, handle: number): void {
    this.log.push(`${unique}: ${patience}, ${prepared}`);
    if (patience > 0 && prepared !== handle) throw new Preparing(this.#work(handle === 9 ? 0 : handle));
  }

  override getattr(request: Request, nodeid: number): ReturnType<MemoryFileSystem["getattr"]> {
    assert.equal(request.patience, undefined);
    return super.getattr(request, nodeid);
  }

  override destroy(): void {
    this.log.push("destroyed");
  }

  /** Each step takes longer than what is done between two requests. */
  *#work(result: number): Generator<undefined, number> {
    for (let i = 1; i < STEPS; i++) {
      const end = performance.now() + 10;
      while (performance.now() < end);
      yield;
    }
    return result;
  }
}

describe("a request that is put off", () => {
  let harness: Harness;
  let slow: Slow;

  beforeEach(() => {
    harness = new Harness(undefined, (events) => {
      slow = new Slow(memoryTree(), XATTRS, events);
      return slow;
    });
  });

  afterEach(() => harness.close());

  const flush = (unique: number, handle: number): void =>
    harness.tell({ opcode: OPCODE.FLUSH, unique, body: body(BigInt(handle), 0, 0, 0n) });
  const getattr = (): void =>
    assert.equal(harness.ask({ opcode: OPCODE.GETATTR, nodeid: NODEID["hello.txt"], body: body(0, 0, 0n) }).errno, 0);
  const replies = (): number[] => harness.replies().map(({ unique }) => unique);

  it("is answered when its work is done, with what that has found; others are answered meanwhile, and work for each in turn", () => {
    flush(10, 5);
    flush(12, 6);
    for (let i = 0; i < 2 * STEPS - 2; i++) {
      assert.equal(harness.dispatcher.isPreparing, true);
      harness.dispatcher.prepare();
      harness.dispatcher.resume();
      getattr();
    }
    harness.dispatcher.prepare();
    assert.deepEqual(replies(), [10]);
    harness.dispatcher.prepare();
    assert.deepEqual(replies(), [12]);
    assert.equal(harness.dispatcher.isPreparing, false);
    assert.deepEqual(slow.log, ["10: 3, undefined", "12: 3, undefined", "10: 2, 5", "12: 2, 6"]);
  });

  it("is put off three times at most", () => {
    flush(10, 9);
    while (harness.dispatcher.isPreparing) harness.dispatcher.prepare();
    assert.deepEqual(replies(), [10]);
    assert.deepEqual(slow.log, ["10: 3, undefined", "10: 2, 0", "10: 1, 0", "10: 0, 0"]);
  });

  it("is not interrupted, as on a disk: whoever closes a file is not told that it failed", () => {
    flush(10, 5);
    harness.dispatcher.dispatch(kernelRequest({ opcode: OPCODE.INTERRUPT, body: body(10n) }));
    assert.deepEqual(replies(), []);
    while (harness.dispatcher.isPreparing) harness.dispatcher.prepare();
    const [reply] = harness.replies();
    assert.deepEqual([reply?.unique, reply?.errno], [10, 0]);
  });

  it("is answered at once when the mount ends", () => {
    flush(10, 5);
    harness.dispatcher.end();
    assert.deepEqual(replies(), [10]);
    assert.deepEqual(slow.log, ["10: 3, undefined", "10: 0, undefined", "destroyed"]);
  });
});
