import assert from "node:assert/strict";
import { H5Error } from "../../src/errors.ts";
import { ObjectBytes } from "../../src/format/dense-order.ts";
import { FractalHeap } from "../../src/format/fractal-heap.ts";
import { MESSAGE } from "../../src/format/header-message.ts";
import { decodeLinkInfo } from "../../src/format/link-info.ts";
import { readObjectHeader } from "../../src/format/object-header.ts";
import { SymbolTableLookup } from "../../src/format/symbol-table-lookup.ts";
import { decodeText, encodeText } from "../../src/format/text.ts";
import { contextOf, fixtureBytes, fixtureTruth, messageReader } from "../support/index-fixture.ts";
import { ZeroFile } from "../support/zero-file.ts";

function isFormatError(error: unknown): boolean {
  return error instanceof H5Error && error.kind === "format";
}

describe("structures that overlap", () => {
  it("continuation blocks with more bytes than the file are refused: a small file could stand for any amount", () => {
    // A version 1 header of 3 messages of 16 bytes: three continuation blocks, 8 bytes apart.
    const file = new ZeroFile(4096)
      .u8(0, 1)
      .u16(2, 3)
      .u16(8, 3 * 24);
    for (let i = 0; i < 3; i++) {
      const at = 16 + i * 24;
      file.u16(at, MESSAGE.continuation).u16(at + 2, 16);
      file.u64(at + 8, 512 + 8 * i, 3000);
    }
    assert.throws(() => readObjectHeader(file.context, 0), isFormatError);
  });

  it("objects of a heap that an index leads to again and again are refused", () => {
    const bytes = fixtureBytes("dense-links");
    const context = contextOf(bytes);
    const [truth] = Object.values(fixtureTruth("dense-links") as Record<string, { header: number }>);
    assert(truth !== undefined);
    const { fractalHeapAddress } = decodeLinkInfo(messageReader(context, truth.header, MESSAGE.linkInfo));
    assert(fractalHeapAddress !== undefined);
    const heap = FractalHeap.open(context, fractalHeapAddress);
    const objects = new ObjectBytes(context, heap);
    // A tiny object (III.G, "Fractal Heap ID"): type 2, 4 bytes.
    const id = new Uint8Array(heap.header.heapIdLength);
    id[0] = 0x23;
    const length = objects.next(id).length;
    assert.equal(length, 4);
    for (let n = 2; n * length <= bytes.length; n++) objects.next(id);
    assert.throws(() => objects.next(id), isFormatError);
  });

  it("a group whose links all have the same long name is refused", () => {
    const k = 32;
    const file = new ZeroFile(8192).symbolTable(2 * k, 4096, 208).text(4104, "n".repeat(190));
    for (let i = 0; i < 2 * k; i++) file.u64(520 + i * 40, 8, 96);
    const table = { bTreeAddress: 256, localHeapAddress: 384 };
    const lookup = new SymbolTableLookup(file.context, table, { groupLeafNodeK: k, groupInternalNodeK: 16 });
    assert.throws(() => [...lookup.links()], isFormatError);
  });
});

describe("text that is not all UTF-8", () => {
  it("goes back to the same bytes in long runs, in pairs of surrogates and at both ends", () => {
    const parts = ["\x80\xff", "plain", "\xf0\x9f\x98\x80", "\xed\xa0\x80", "n\xc3\xa4me", "\xfe"];
    const bytes = Buffer.from(
      `${parts.join("")}${"long ".repeat(1000)}\x80${"\u{00c3}\u{00a4}".repeat(1000)}\xc3`,
      "latin1",
    );
    assert.deepEqual(Buffer.from(encodeText(decodeText(bytes))), bytes);
  });
});
