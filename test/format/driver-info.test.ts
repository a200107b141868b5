import assert from "node:assert/strict";
import { FormatContext } from "../../src/format/context.ts";
import {
  decodeDriverInfo,
  encodeDriverInfo,
  encodeDriverInfoBlock,
  readDriverInfoBlock,
} from "../../src/format/driver-info.ts";
import { Writer } from "../../src/format/writer.ts";
import { AddressSpace } from "../../src/storage/address-space.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { readerOf, SIZES_8, text } from "./bytes.ts";

/** Files of one driver have none, and those of several are not read. */
describe("driver info", () => {
  const information = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

  it("message: as it was read (IV.A.2.u)", () => {
    const bytes = [0, ...text("NCSAfami"), 8, 0, ...information];
    const info = decodeDriverInfo(readerOf(bytes));
    assert.deepEqual(info, { driver: "NCSAfami", information });
    const w = new Writer(SIZES_8);
    encodeDriverInfo(w, info);
    assert.deepEqual([...w.bytes], bytes);
  });

  it("block: as it was read (II.B)", () => {
    const bytes = [0, 0, 0, 0, 8, 0, 0, 0, ...text("NCSAfami"), ...information];
    const space = new AddressSpace(new MemoryStorage(Uint8Array.from(bytes), "block").snapshot(), 0);
    const info = readDriverInfoBlock(new FormatContext(space, SIZES_8), 0);
    assert.deepEqual(info, { driver: "NCSAfami", information });
    const w = new Writer(SIZES_8);
    encodeDriverInfoBlock(w, info);
    assert.deepEqual([...w.bytes], bytes);
  });
});
