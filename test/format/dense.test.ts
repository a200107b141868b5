import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { decodeAttributeInfo } from "../../src/format/attribute-info.ts";
import { decodeAttributeMessage } from "../../src/format/attribute-message.ts";
import type { FormatContext } from "../../src/format/context.ts";
import { denseAttributeCount, denseAttributes, findDenseAttribute } from "../../src/format/dense-attributes.ts";
import { type DenseLinkInfo, denseLinkCount, denseLinks, findDenseLink } from "../../src/format/dense-links.ts";
import { FractalHeap } from "../../src/format/fractal-heap.ts";
import { MESSAGE } from "../../src/format/header-message.ts";
import { decodeLink } from "../../src/format/link.ts";
import { decodeLinkInfo } from "../../src/format/link-info.ts";
import { Reader } from "../../src/format/reader.ts";
import { readSuperblock } from "../../src/format/superblock.ts";
import { encodeText } from "../../src/format/text.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { contextOf, fixtureBytes, fixtureTruth, messageReader } from "../support/index-fixture.ts";
import { tempDir } from "../support/temp-dir.ts";

interface Members {
  readonly header: number;
  readonly count: number;
  readonly names?: string[];
  readonly md5?: string;
  readonly values: Record<string, string>;
}

function dense(info: {
  readonly fractalHeapAddress: number | undefined;
  readonly nameIndexAddress: number | undefined;
  readonly creationOrderIndexAddress: number | undefined;
}): DenseLinkInfo {
  const { fractalHeapAddress, nameIndexAddress, creationOrderIndexAddress } = info;
  assert(fractalHeapAddress !== undefined && nameIndexAddress !== undefined);
  return { fractalHeapAddress, nameIndexAddress, creationOrderIndexAddress };
}

const md5 = (bytes: Uint8Array | string): string => createHash("md5").update(bytes).digest("hex");

describe("dense links", () => {
  for (const file of ["dense-links", "dense-links-5000"]) {
    const context = contextOf(fixtureBytes(file));
    for (const [group, truth] of Object.entries(fixtureTruth(file) as Record<string, Members>)) {
      const info = (): DenseLinkInfo => dense(decodeLinkInfo(messageReader(context, truth.header, MESSAGE.linkInfo)));
      const name = (message: Uint8Array): string => decodeLink(new Reader(message, 0, "link message", context)).name;
      // h5py lists a group that tracks it in the order of creation, others in that of their names.
      const tracked = group.endsWith("-tracked");
      const check = (names: string[]): void => {
        if (truth.names !== undefined) assert.deepEqual(names, truth.names);
        else assert.equal(md5(names.join("\n")), truth.md5);
      };

      it(`${file}: ${group}: lists all of them`, () => {
        const names = [...denseLinks(context, info(), "storage")].map(name);
        assert.equal(denseLinkCount(context, info()), truth.count);
        assert.equal(new Set(names).size, truth.count);
        if (!tracked) check(names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
      });

      it(`${file}: ${group}: ${tracked ? "lists them as created" : "refuses the order of creation"}`, () => {
        if (tracked) check([...denseLinks(context, info(), "creation")].map(name));
        else assert.throws(() => [...denseLinks(context, info(), "creation")], { kind: "argument" });
      });

      it(`${file}: ${group}: finds each by its name, and no other`, () => {
        for (const message of denseLinks(context, info(), "storage")) {
          const link = decodeLink(new Reader(message, 0, "link message", context));
          assert.deepEqual(findDenseLink(context, info(), encodeText(link.name)), message);
          if (link.kind === "soft") assert.equal(link.target, "/target");
          else assert.equal(link.kind, "hard");
          assert.equal(findDenseLink(context, info(), encodeText(`${link.name}?`)), undefined);
        }
      });
    }
  }

  it("looks a name up without a scan", () => {
    const context = contextOf(fixtureBytes("dense-links-5000"));
    const [truth] = Object.values(fixtureTruth("dense-links-5000") as Record<string, Members>);
    assert(truth !== undefined);
    const info = dense(decodeLinkInfo(messageReader(context, truth.header, MESSAGE.linkInfo)));
    let nodes = 0;
    const original = context.space.read.bind(context.space);
    context.space.read = (address, length, structure) => {
      if (structure.startsWith("B-tree v2")) nodes++;
      return original(address, length, structure);
    };
    assert(findDenseLink(context, info, encodeText("link-07919")) !== undefined);
    assert(nodes > 2 && nodes <= 5, `${nodes} reads`);
  });
});

describe("dense attributes", () => {
  const context = contextOf(fixtureBytes("dense-attributes"));
  for (const [group, truth] of Object.entries(fixtureTruth("dense-attributes") as Record<string, Members>)) {
    const info = (): DenseLinkInfo =>
      dense(decodeAttributeInfo(messageReader(context, truth.header, MESSAGE.attributeInfo)));
    const decoded = (message: Uint8Array): ReturnType<typeof decodeAttributeMessage> =>
      decodeAttributeMessage(new Reader(message, 0, "attribute message", context));

    it(`${group}: lists all of them`, () => {
      const all = [...denseAttributes(context, info(), "storage")].map(({ message }) => decoded(message).name);
      assert.deepEqual(all.sort(), truth.names?.toSorted());
      assert.equal(denseAttributeCount(context, info()), truth.names?.length);
    });

    it(`${group}: finds each by its name, and no other`, () => {
      for (const name of truth.names ?? []) {
        const found = findDenseAttribute(context, info(), encodeText(name));
        assert(found !== undefined);
        const attribute = decoded(found.message);
        assert.equal(attribute.name, name);
        if (!name.startsWith("small")) assert.equal(md5(attribute.data).slice(0, 8), truth.values[name]);
        assert.equal(findDenseAttribute(context, info(), encodeText(`${name}?`)), undefined);
      }
    });

    it(`${group}: knows the order of their creation where it is tracked`, () => {
      if (!group.endsWith("-tracked")) return;
      const names = [...denseAttributes(context, info(), "creation")].map(({ message }) => decoded(message).name);
      assert.deepEqual(names, truth.names);
      const orders = [...denseAttributes(context, info(), "creation")].map(({ creationOrder }) => creationOrder);
      assert.deepEqual(orders, [...names.keys()]);
    });
  }

  it("reads attributes above 64 KiB as huge objects of their heap", () => {
    const truth = (fixtureTruth("dense-attributes") as Record<string, Members>).huge;
    assert(truth !== undefined);
    const info = dense(decodeAttributeInfo(messageReader(context, truth.header, MESSAGE.attributeInfo)));
    assert(FractalHeap.open(context, info.fractalHeapAddress).header.hugeObjects > 0);
    const sizes = [...denseAttributes(context, info, "storage")].map(({ message }) => message.length);
    assert(Math.max(...sizes) > 65536);
  });
});

describe("fractal heap", () => {
  const open = (context: FormatContext): FractalHeap => {
    const truth = (fixtureTruth("dense-links") as Record<string, Members>)["long-names"];
    assert(truth !== undefined);
    const info = dense(decodeLinkInfo(messageReader(context, truth.header, MESSAGE.linkInfo)));
    return FractalHeap.open(context, info.fractalHeapAddress);
  };

  it("keeps long links as huge objects, found through a B-tree", () => {
    const heap = open(contextOf(fixtureBytes("dense-links")));
    assert(heap.header.hugeObjects > 0 && heap.header.hugeObjectsBTreeAddress !== undefined);
  });

  it("gives tiny objects from their id", () => {
    const heap = open(contextOf(fixtureBytes("dense-links")));
    assert.deepEqual([...heap.object(Uint8Array.of(0x22, 1, 2, 3, 9, 9, 9))], [1, 2, 3]);
  });

  it("refuses ids that lead nowhere", () => {
    const heap = open(contextOf(fixtureBytes("dense-links")));
    const bad: [number[], RegExp][] = [
      [[0x30, 0, 0, 0, 0, 0, 0], /type of the object is 3/],
      [[0x40, 0, 0, 0, 0, 0, 0], /version is 1/],
      [[0x00, 0, 0, 0, 0, 5, 0], /does not fit/],
      [[0x00, 0, 0, 0, 0x7f, 5, 0], /past the last row|does not exist|is larger/],
      [[0x10, 99, 0, 0, 0, 0, 0], /huge object 99 is not/],
      [[0x2f, 0, 0, 0, 0, 0, 0], /more are needed/],
      [[0x00, 0], /has 2 bytes, expected 7/],
    ];
    for (const [id, message] of bad) assert.throws(() => heap.object(Uint8Array.from(id)), { kind: "format", message });
  });
});

describe("fractal heap of many blocks", () => {
  it("has indirect blocks in indirect blocks, as h5wasm writes them", async () => {
    await h5wasm.ready;
    const path = join(tempDir(), "many.h5");
    const count = 3000;
    const nameOf = (i: number): string => `${"long name ".repeat(25)}${(i * 7919) % count}`;
    const file = new h5wasm.File(path, "w");
    const group = file.create_group("group");
    for (let i = 0; i < count; i++) group.create_soft_link(`/target ${i}`, nameOf(i));
    file.close();
    const bytes = readFileSync(path);
    const blocks = Buffer.from(bytes).toString("latin1").match(/FHIB/g)?.length ?? 0;
    assert(blocks > 1, `${blocks} indirect blocks`);
    const context = contextOf(bytes);
    const root = readSuperblock(new MemoryStorage(bytes).snapshot(), path).rootAddress;
    const link = decodeLink(messageReader(context, root, MESSAGE.link));
    assert(link.kind === "hard" && link.name === "group");
    const info = dense(decodeLinkInfo(messageReader(context, link.address, MESSAGE.linkInfo)));
    for (let i = 0; i < count; i++) {
      const message = findDenseLink(context, info, encodeText(nameOf(i)));
      assert(message !== undefined);
      const found = decodeLink(new Reader(message, 0, "link message", context));
      assert.equal(found.kind === "soft" && found.target, `/target ${i}`);
    }
    assert.equal([...denseLinks(context, info, "storage")].length, count);
  });
});
