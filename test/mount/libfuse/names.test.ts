import assert from "node:assert/strict";
import { InodeNumbers } from "../../../mount/libfuse/inode-numbers.ts";
import { fromWellFormed, toWellFormed } from "../../../mount/libfuse/names.ts";

describe("names over libfuse", () => {
  it("are as they are where they are UTF-8", () => {
    for (const name of ["größe.npy", "100%", "%C3%B6", "a%2Fb"]) assert.equal(toWellFormed(Buffer.from(name)), name);
    for (const name of ["größe.npy", "100%", "%C3%B6", "a%2Fb"]) assert.equal(fromWellFormed(name), undefined);
  });

  it("have a way back for bytes that are no UTF-8", () => {
    const latin = Buffer.from([0x67, 0x72, 0xf6, 0xdf, 0x65, 0x2e, 0x6e, 0x70, 0x79]);
    assert.equal(toWellFormed(latin), "gr%F6%DFe.npy");
    assert.deepEqual(Buffer.from(fromWellFormed("gr%F6%DFe.npy") ?? []), latin);
  });
});

describe("inode numbers over libfuse", () => {
  it("are kept where they are small, and given where 32 bits would not tell them apart", () => {
    const numbers = new InodeNumbers();
    assert.equal(numbers.of(2 ** 31 - 1), 2 ** 31 - 1);
    const [a, b] = [2 ** 40 + 5, 2 ** 41 + 5];
    assert.notEqual(numbers.of(a), numbers.of(b));
    assert.equal(numbers.of(a), numbers.of(a));
    assert.ok(numbers.of(b) >= 2 ** 31 && numbers.of(b) < 2 ** 32);
  });
});
