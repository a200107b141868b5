import assert from "node:assert/strict";
import { BTreeV2Index } from "../../src/chunk/b-tree-v2-index.ts";
import type { IndexedDataset } from "../../src/chunk/chunk-grid.ts";
import type { ChunkIndex } from "../../src/chunk/chunk-index.ts";
import { ExtensibleArrayIndex } from "../../src/chunk/extensible-array-index.ts";
import { FixedArrayIndex } from "../../src/chunk/fixed-array-index.ts";
import { H5Error } from "../../src/errors.ts";
import { decodeAttributeInfo } from "../../src/format/attribute-info.ts";
import { readCacheImage } from "../../src/format/cache-image.ts";
import type { FormatContext } from "../../src/format/context.ts";
import { decodeDataLayout } from "../../src/format/data-layout.ts";
import { denseAttributes, findDenseAttribute } from "../../src/format/dense-attributes.ts";
import { type DenseLinkInfo, denseLinks, findDenseLink } from "../../src/format/dense-links.ts";
import { MESSAGE } from "../../src/format/header-message.ts";
import { decodeLinkInfo } from "../../src/format/link-info.ts";
import { Reader } from "../../src/format/reader.ts";
import { contextOf, fixtureBytes, fixtureTruth, messageReader } from "../support/index-fixture.ts";

/** Reads everything that hangs on one header of a fixture; gives how many things it met. */
type ReadAll = (context: FormatContext) => number;

interface ChunkTruth {
  readonly header: number;
  readonly dims: number[];
  readonly maxDims: (number | null)[];
  readonly filtered: boolean;
  readonly chunks: [number[]][];
}

/** The messages are read from the undamaged file, so that the damage meets the structures behind them. */
function chunkReaders(file: string): ReadAll[] {
  const sound = contextOf(fixtureBytes(file));
  return Object.values(fixtureTruth(file) as Record<string, ChunkTruth>).flatMap((truth) => {
    const layout = decodeDataLayout(messageReader(sound, truth.header, MESSAGE.dataLayout));
    if (layout.kind !== "chunked") return [];
    const { address, indexing, version, chunkDims, elementSize } = layout;
    const maxDims = truth.maxDims.map((dim) => dim ?? undefined);
    const open = (context: FormatContext): ChunkIndex | undefined => {
      const dataset: IndexedDataset = { ...truth, context, maxDims, chunkDims, elementSize, layoutVersion: version };
      if (indexing.type === "fixed-array") return new FixedArrayIndex(dataset, address);
      if (indexing.type === "extensible-array") return new ExtensibleArrayIndex(dataset, address);
      return indexing.type === "b-tree-v2" ? new BTreeV2Index(dataset, address) : undefined;
    };
    return [
      (context: FormatContext): number => {
        const index = open(context);
        let met = 0;
        for (const _ of index?.entries() ?? []) met++;
        return met;
      },
      (context: FormatContext): number => {
        const index = open(context);
        const places = truth.chunks.filter((_, i) => i % 16 === 0);
        return places.filter(([scaled]) => index?.find(scaled) !== undefined).length;
      },
    ];
  });
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

function denseReaders(file: string): ReadAll[] {
  const sound = contextOf(fixtureBytes(file));
  const name = new TextEncoder().encode("link-07919");
  return Object.values(fixtureTruth(file) as Record<string, { readonly header: number }>).flatMap(({ header }) => {
    if (file === "dense-attributes") {
      const info = dense(decodeAttributeInfo(messageReader(sound, header, MESSAGE.attributeInfo)));
      return [
        (context: FormatContext): number => [...denseAttributes(context, info, "storage")].length,
        (context: FormatContext): number => findDenseAttribute(context, info, name)?.message.length ?? 0,
      ];
    }
    const info = dense(decodeLinkInfo(messageReader(sound, header, MESSAGE.linkInfo)));
    const order = info.creationOrderIndexAddress === undefined ? "storage" : "creation";
    return [
      (context: FormatContext): number => [...denseLinks(context, info, order)].length,
      (context: FormatContext): number => findDenseLink(context, info, name)?.length ?? 0,
    ];
  });
}

/** A small generator of numbers, the same in each run. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Where structures of the fixture begin: damage there is met, damage in raw data is not. */
function structures(bytes: Uint8Array): number[] {
  const text = Buffer.from(bytes).toString("latin1");
  return [...text.matchAll(/BTHD|BTIN|BTLF|FAHD|FADB|EAHD|EAIB|EASB|EADB|FRHP|FHIB|FHDB|MDCI/g)].map((m) => m.index);
}

/** The bytes with one to three changes near the beginning of a structure, or cut short. */
function damage(sound: Uint8Array, places: readonly number[], next: (below: number) => number): Uint8Array {
  const bytes = Uint8Array.from(sound);
  for (let changes = 1 + next(3); changes > 0; changes--) {
    const at = (places[next(places.length)] ?? 0) + next(next(4) === 0 ? 400 : 48);
    if (at >= bytes.length) continue;
    bytes[at] = [0, 1, 0x7f, 0x80, 0xff, next(256), (bytes[at] ?? 0) ^ (1 << next(8))][next(7)] ?? 0;
  }
  // The superblock must still hold, else nothing is tried: what a reader sees of a cut file is a hole.
  if (next(8) === 0) bytes.fill(0, 1024 + next(bytes.length - 1024));
  return bytes;
}

/** Work is bounded: each read is of bytes that are there, and there are no more reads than the file has bytes. */
function countingContext(bytes: Uint8Array): FormatContext {
  const context = contextOf(bytes);
  const original = context.space.read.bind(context.space);
  let reads = 0;
  context.space.read = (address, length, structure) => {
    if (++reads > bytes.length) throw new Error(`${reads} reads in a file of ${bytes.length} bytes`);
    return original(address, length, structure);
  };
  return context;
}

/** How often each damaged copy was refused, and how often it was read. */
function attack(file: string, readers: readonly ReadAll[], count: number): { refused: number; read: number } {
  const sound = fixtureBytes(file);
  const places = structures(sound);
  const next = random(file.length * 7919 + count);
  const outcome = { refused: 0, read: 0 };
  for (let i = 0; i < count; i++) {
    const bytes = damage(sound, places, next);
    for (const read of readers) {
      try {
        // Nothing may be found that the file has no room for.
        assert(read(countingContext(bytes)) <= bytes.length);
        outcome.read++;
      } catch (error) {
        if (!(error instanceof H5Error)) throw error;
        outcome.refused++;
      }
    }
  }
  return outcome;
}

/** H5FS_FUZZ is how many damaged copies of each file to try, where more than a few are wanted. */
const COUNT = Number(process.env.H5FS_FUZZ ?? 20);

describe("damaged indexes and heaps", () => {
  const files = ["small", "paged", "trees", "version-5", "offsets-4", "dense-links", "dense-attributes"];
  for (const file of files) {
    const readers = (): ReadAll[] => (file.startsWith("dense") ? denseReaders(file) : chunkReaders(file));

    it(`${file}: are refused with a typed error, or read`, () => {
      assert(attack(file, readers(), COUNT).refused > 0);
    });

    it(`${file}: whose checksums a forger made right, too`, () => {
      const original = Reader.prototype.checksum;
      Reader.prototype.checksum = function (this: Reader): void {
        this.u32();
      };
      try {
        const { refused, read } = attack(file, readers(), COUNT);
        assert(refused > 0 && read > 0);
      } finally {
        Reader.prototype.checksum = original;
      }
    });
  }

  it("cache image: is refused with a typed error, or read", () => {
    const sound = fixtureBytes("cache-image");
    const at = Buffer.from(sound).toString("latin1").indexOf("MDCI");
    const next = random(5);
    const original = Reader.prototype.checksum;
    for (const forged of [false, true]) {
      if (forged) Reader.prototype.checksum = Reader.prototype.u32;
      try {
        for (let i = 0; i < COUNT * 10; i++) {
          const bytes = damage(sound, [at], next);
          try {
            readCacheImage(contextOf(bytes), { address: at, size: Math.min(bytes.length - at, 4000 + next(1000)) });
          } catch (error) {
            assert(error instanceof H5Error, String(error));
          }
        }
      } finally {
        Reader.prototype.checksum = original;
      }
    }
  });
});
