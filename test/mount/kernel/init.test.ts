import assert from "node:assert/strict";
import { constants } from "node:os";
import { OPCODE } from "../../../mount/kernel/opcode.ts";
import { Harness } from "./dispatch-harness.ts";
import { body, kernelRequest, type RequestFields } from "./kernel-request.ts";

describe("negotiation of the protocol (INIT)", () => {
  let harness: Harness;

  beforeEach(() => {
    harness = new Harness();
  });

  afterEach(() => {
    harness.close();
  });

  const init = (major: number, minor: number, flags: number, flags2 = 0): RequestFields => ({
    opcode: OPCODE.INIT,
    body: Buffer.concat([body(major, minor, 131072, flags, flags2), Buffer.alloc(44)]),
  });
  const ALL = 0x7fffffff;

  it("agrees on what both know", () => {
    const reply = harness.ask(init(7, 45, ALL, ALL)).body;
    assert.equal(reply.length, 64);
    assert.deepEqual([reply.readUInt32LE(0), reply.readUInt32LE(4)], [7, 45]);
    assert.deepEqual(harness.protocols, [{ major: 7, minor: 45 }]);
    assert.equal(reply.readUInt16LE(16), 64, "max_background");
    assert.equal(reply.readUInt16LE(18), 48, "congestion_threshold");
    assert.equal(reply.readUInt32LE(20), 2 ** 20, "max_write");
    assert.equal(reply.readUInt32LE(24), 1, "time_gran");
    assert.ok(reply.readUInt16LE(28) * 65536 >= 2 ** 20, "max_pages");
    const bits = (value: number): number[] => Array.from({ length: 32 }, (_, i) => i).filter((i) => (value >>> i) & 1);
    assert.deepEqual(bits(reply.readUInt32LE(12)), [0, 3, 5, 13, 15, 18, 22, 23, 28, 30]);
    assert.deepEqual(bits(reply.readUInt32LE(32)), [4, 6]);
  });

  it("asks an older kernel for nothing that it does not offer", () => {
    const reply = harness.ask({ ...init(7, 23, 1 << 13), body: body(7, 23, 131072, 1 << 13) }).body;
    assert.equal(reply.readUInt32LE(4), 23);
    assert.equal(reply.readUInt32LE(12), 1 << 13);
    assert.equal(reply.readUInt32LE(32), 0);
  });

  it("speaks its own protocol to a newer kernel of the same major version", () => {
    assert.equal(harness.ask(init(7, 99, ALL, ALL)).body.readUInt32LE(4), 45);
  });

  it("tells a kernel of a newer major version which one it speaks, and waits to be asked again", () => {
    assert.equal(harness.ask(init(8, 0, ALL)).body.readUInt32LE(0), 7);
    assert.deepEqual(harness.protocols, []);
    harness.ask(init(7, 45, ALL, ALL));
    assert.deepEqual(harness.protocols, [{ major: 7, minor: 45 }]);
  });

  it("refuses a kernel that is too old, to the kernel and to the caller", () => {
    for (const [major, minor] of [
      [7, 22],
      [6, 1],
    ] as const) {
      const request = kernelRequest(init(major, minor, ALL));
      assert.throws(
        () => harness.dispatcher.dispatch(request),
        new RegExp(`speaks FUSE ${major}.${minor}; at least 7.23`),
      );
      assert.equal(harness.replies().at(-1)?.errno, constants.errno.EPROTO);
    }
  });
});
