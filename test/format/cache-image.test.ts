import assert from "node:assert/strict";
import { RangeReader } from "../../src/chunk/read-range.ts";
import { decodeCacheImageMessage, readCacheImage } from "../../src/format/cache-image.ts";
import { FormatContext } from "../../src/format/context.ts";
import { decodeDataspace } from "../../src/format/dataspace.ts";
import { denseLinks } from "../../src/format/dense-links.ts";
import { MESSAGE } from "../../src/format/header-message.ts";
import { decodeLink } from "../../src/format/link.ts";
import { decodeLinkInfo } from "../../src/format/link-info.ts";
import { readObjectHeader } from "../../src/format/object-header.ts";
import { Reader } from "../../src/format/reader.ts";
import { readSuperblock } from "../../src/format/superblock.ts";
import { H5File } from "../../src/object/file.ts";
import { AddressSpace } from "../../src/storage/address-space.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { Overlay } from "../../src/storage/overlay.ts";
import type { Piece } from "../../src/storage/storage.ts";
import { fixtureBytes, fixtureTruth, messageReader } from "../support/index-fixture.ts";

interface Truth {
  readonly root: number;
  readonly groups: string[];
  readonly headers: Record<string, number>;
  readonly sums: Record<string, number>;
}

describe("metadata cache image", () => {
  const bytes = fixtureBytes("cache-image");
  const truth = fixtureTruth("cache-image") as Truth;
  const open = (from: Uint8Array): { plain: FormatContext; context: FormatContext } => {
    const snapshot = new MemoryStorage(from).snapshot();
    const superblock = readSuperblock(snapshot, "fixture");
    const plain = new FormatContext(new AddressSpace(snapshot, superblock.baseAddress), superblock);
    assert(superblock.extensionAddress !== undefined);
    const message = decodeCacheImageMessage(messageReader(plain, superblock.extensionAddress, MESSAGE.cacheImage));
    assert(message !== undefined);
    const context = new FormatContext(plain.space.withOverlay(readCacheImage(plain, message)), superblock);
    return { plain, context };
  };

  it("holds object headers that are nowhere else in the file", () => {
    const { plain, context } = open(bytes);
    for (const [name, address] of Object.entries({ ...truth.headers, "/": truth.root })) {
      assert.throws(() => readObjectHeader(plain, address), { name: "FormatError" }, name);
      assert(readObjectHeader(context, address).messages.length > 0);
    }
    const dataspace = decodeDataspace(messageReader(context, truth.headers.chunked ?? 0, MESSAGE.dataspace));
    assert.deepEqual(dataspace.kind === "simple" && dataspace.dims, [6, 10]);
  });

  it("holds the heap and the B-tree of a dense group", () => {
    const { context } = open(bytes);
    const info = decodeLinkInfo(messageReader(context, truth.headers.many ?? 0, MESSAGE.linkInfo));
    const { fractalHeapAddress, nameIndexAddress } = info;
    assert(fractalHeapAddress !== undefined && nameIndexAddress !== undefined);
    const links = denseLinks(
      context,
      { fractalHeapAddress, nameIndexAddress, creationOrderIndexAddress: undefined },
      "storage",
    );
    const names = [...links].map((message) => decodeLink(new Reader(message, 0, "link", context)).name);
    assert.deepEqual(names.sort(), truth.groups);
  });

  it("is laid over the file when that is opened", () => {
    const file = H5File.open(new MemoryStorage(bytes));
    const reader = new RangeReader();
    for (const [name, sum] of Object.entries(truth.sums)) {
      const dataset = file.root.get(name);
      assert(dataset.kind === "dataset");
      const elements = reader.read(dataset, name, 0, dataset.elementCount * dataset.elementSize);
      const view = new DataView(elements.buffer, elements.byteOffset, elements.byteLength);
      let found = 0;
      for (let at = 0; at < elements.length; at += 4) found += view.getInt32(at, true);
      assert.equal(found, sum);
    }
    assert.equal(file.root.attribute("title")?.name, "title");
  });

  it("is verified", () => {
    const damaged = Uint8Array.from(bytes);
    const at = Buffer.from(bytes).toString("latin1").indexOf("MDCI");
    damaged[at + 100] = (damaged[at + 100] ?? 0) ^ 1;
    assert.throws(() => open(damaged), { name: "FormatError" });
  });
});

describe("overlay", () => {
  const base = Uint8Array.from({ length: 40 }, (_, i) => i);
  const overlay = new Overlay([
    { address: 20, bytes: Uint8Array.of(120, 121, 122) },
    { address: 10, bytes: Uint8Array.of(110, 111, 112, 113) },
    { address: 14, bytes: Uint8Array.of(114, 115) },
  ]);
  const space = new AddressSpace(new MemoryStorage(base).snapshot(), 0).withOverlay(overlay);
  const laidOver = Uint8Array.from({ length: 40 }, (_, i) =>
    (i >= 10 && i < 16) || (i >= 20 && i < 23) ? 100 + i : i,
  );

  it("gives every range as if it were written in the file", () => {
    for (let from = 0; from <= 40; from++) {
      for (let to = from; to <= 40; to++) {
        assert.deepEqual(
          [...space.read(from, to - from, "test")],
          [...laidOver.subarray(from, to)],
          `${from} to ${to}`,
        );
        const pieces = space.pieces(from, to - from, "test");
        const bytes = pieces.flatMap((piece: Piece) => ("bytes" in piece ? [...piece.bytes] : []));
        assert.deepEqual(bytes, [...laidOver.subarray(from, to)]);
      }
    }
  });

  it("refuses entries that overlap, or lie outside the file", () => {
    const one = { address: 5, bytes: new Uint8Array(10) };
    assert.throws(() => new Overlay([one, { address: 14, bytes: new Uint8Array(1) }]), { name: "FormatError" });
    const plain = new AddressSpace(new MemoryStorage(base).snapshot(), 0);
    assert.throws(() => plain.withOverlay(new Overlay([{ address: 39, bytes: new Uint8Array(2) }])), {
      name: "FormatError",
    });
  });
});
