import assert from "node:assert/strict";
import { lookup3, RepeatedLookup3 } from "../../src/format/lookup3.ts";
import { seededRandom } from "../storage/journal/cell-file.ts";

describe("lookup3", () => {
  it("gives what its author's own examples say", () => {
    const text = new TextEncoder().encode("Four score and seven years ago");
    assert.equal(lookup3(new Uint8Array(0)), 0xdeadbeef);
    assert.equal(lookup3(text), 0x17770551);
    assert.equal(lookup3(text, 1), 0xcd628161);
  });

  it("of bytes that change here and there is the same, whatever of it was kept", () => {
    const random = seededRandom(3);
    for (const size of [1, 12, 24, 25, 512, 1024]) {
      const bytes = new Uint8Array(size);
      const repeated = new RepeatedLookup3();
      let end = 0;
      for (let n = 0; n < 300; n++) {
        // Mostly appended, now and then elsewhere.
        if (random() < 0.1 || end === size) end = Math.floor(random() * size);
        const to = Math.min(size, end + 1 + Math.floor(random() * 40));
        for (let i = end; i < to; i++) bytes[i] = Math.floor(random() * 256);
        assert.equal(repeated.sum(bytes, end, to), lookup3(bytes));
        end = to;
      }
    }
  });
});
