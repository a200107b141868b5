import assert from "node:assert/strict";
import { MessageChannel, type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { encodeNotice } from "../../../mount/kernel/notice.ts";
import { Outbox } from "../../../mount/kernel/outbox.ts";

const REPLY = Uint8Array.of(1, 2, 3);

describe("what the kernel is to hear before it hears of replies", () => {
  let outstanding: Int32Array;
  let notifier: MessagePort;
  let outbox: Outbox;

  beforeEach(() => {
    const memory = new SharedArrayBuffer(4);
    const { port1: port, port2 } = new MessageChannel();
    outstanding = new Int32Array(memory);
    notifier = port2;
    outbox = new Outbox({ port, outstanding: memory });
  });

  afterEach(() => outbox.close());

  const received = (): unknown => receiveMessageOnPort(notifier)?.message;

  it("goes with the reply, in order with those that follow, until all is delivered", () => {
    assert.equal(outbox.takeOver(REPLY, undefined), false);
    outbox.invalidate(5, false);
    outbox.invalidate(6, true);
    outbox.invalidate(6, false);
    assert.equal(outbox.takeOver(REPLY, undefined), true);
    const notices = [
      { nodeid: 5, pages: false },
      { nodeid: 6, pages: true },
    ];
    assert.deepEqual(received(), { notices, reply: REPLY });
    assert.equal(outbox.takeOver(REPLY, undefined), true);
    assert.deepEqual(received(), { notices: [], reply: REPLY });
    Atomics.store(outstanding, 0, 0);
    assert.equal(outbox.takeOver(REPLY, undefined), false);
  });

  it("goes alone where the reply must not wait: a node's own pages, to be forgotten, may wait for it", () => {
    outbox.invalidate(5, true);
    outbox.send();
    assert.deepEqual(received(), { notices: [{ nodeid: 5, pages: true }], reply: undefined });
    outbox.invalidate(7, false);
    assert.equal(outbox.takeOver(REPLY, 5), false);
    assert.deepEqual(received(), { notices: [{ nodeid: 7, pages: false }], reply: undefined });
    assert.equal(outbox.takeOver(REPLY, 7), true);
    Atomics.store(outstanding, 0, 0);
    outbox.invalidate(5, false);
    assert.equal(outbox.takeOver(REPLY, 5), true);
    Atomics.store(outstanding, 0, 0);
    outbox.invalidate(5, true);
    assert.equal(outbox.takeOver(REPLY, 5), false);
  });

  it("is struct fuse_notify_inval_inode_out", () => {
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
    const header = `28000000${"02000000"}${"00".repeat(8)}`;
    assert.equal(hex(encodeNotice({ nodeid: 258, pages: true })), `${header}0201${"00".repeat(22)}`);
    assert.equal(
      hex(encodeNotice({ nodeid: 3, pages: false })),
      `${header}03${"00".repeat(7)}${"ff".repeat(8)}${"00".repeat(8)}`,
    );
  });
});
