import assert from "node:assert/strict";
import type { CodecMode } from "../../codecs/codec.ts";
import { decodeChunk, decodeChunkInto } from "../../codecs/pipeline.ts";
import { chooseZstd } from "../../codecs/zstd.ts";
import { H5Error } from "../../src/errors.ts";
import { readStoredChunks, type StoredChunk } from "./stored-chunks.ts";

/** How many damaged forms of each chunk are tried; by hand, more (CODEC_FUZZ_ROUNDS=1000). */
const rounds = Number(process.env.CODEC_FUZZ_ROUNDS ?? 12);
const guard = 64;
const zstdId = 32015;
/** Bytes that a filter may store and not need: the rest of the last line of szip, one that libhdf5 has behind nbit's and scaleoffset's. */
const spare = new Map([
  [4, 100],
  [5, 1],
  [6, 1],
]);

/** A small generator (mulberry32), so that a failure can be repeated. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** One to four bytes changed, mostly in the first 40, where headers are; or cut; or made longer; or all noise. */
function damage(stored: Uint8Array, random: (below: number) => number): Uint8Array {
  const kind = random(10);
  if (kind === 0) return stored.slice(0, random(stored.length + 1));
  if (kind === 1) return Uint8Array.from([...stored, ...Array.from({ length: 1 + random(9) }, () => random(256))]);
  if (kind === 2) return Uint8Array.from(stored, (byte, i) => (i < random(64) ? byte : random(256)));
  const damaged = stored.slice();
  for (let i = random(4); i >= 0; i--) {
    const at = random(2) === 0 ? random(Math.min(40, damaged.length)) : random(damaged.length);
    const extreme = [0, 1, 0x7f, 0x80, 0xff][random(8)];
    damaged[at] = extreme ?? (damaged[at] ?? 0) ^ (1 << random(8));
  }
  return damaged;
}

function decode(chunk: StoredChunk, target: Uint8Array, mode: CodecMode): void {
  const { filters, filterMask, stored } = chunk;
  if (filters[0]?.id === zstdId) chooseZstd(mode).decode(stored, target);
  else decodeChunkInto(target, { stored, filters, filterMask, chunkSize: target.length, mode });
}

/** Decodes between two guards: it must end well or with an H5Error, and never write outside of the target. */
function tryDamaged(chunk: StoredChunk, targetSize: number, mode: CodecMode, what: string): void {
  const memory = new Uint8Array(new SharedArrayBuffer(targetSize + 2 * guard)).fill(0xa5);
  try {
    decode(chunk, memory.subarray(guard, guard + targetSize), mode);
  } catch (error) {
    const expected = error instanceof H5Error && (error.kind === "format" || error.kind === "unsupported");
    assert.ok(expected, `${what}: ${error instanceof Error ? error.stack : String(error)}`);
  }
  const outside = [...memory.subarray(0, guard), ...memory.subarray(guard + targetSize)];
  assert.ok(
    outside.every((byte) => byte === 0xa5),
    `${what}: wrote outside of the target`,
  );
}

describe("damaged chunks", () => {
  const chunks = readStoredChunks();
  const small = chunks.filter((chunk) => chunk.chunkSize <= 15000 && chunk.stored.length > 0);
  for (const mode of ["native", "portable"] as const) {
    it(`${mode}: any change, cut or addition gives an error or as many bytes as expected`, () => {
      small.forEach((chunk, number) => {
        for (let round = 0; round < rounds; round++) {
          const random = seeded(number * 100_000 + round);
          const stored = damage(chunk.stored, random);
          tryDamaged({ ...chunk, stored }, chunk.chunkSize, mode, `${chunk.name}, round ${round}, ${mode}`);
        }
      });
    });

    it(`${mode}: a wrong chunk size is an error, whatever the filter`, () => {
      for (const chunk of small) {
        for (const wrong of [0, 1, chunk.chunkSize - 1, chunk.chunkSize + 1, chunk.chunkSize * 3 + 7]) {
          if (wrong === chunk.chunkSize || chunk.filters[0]?.id === zstdId) continue;
          const target = new Uint8Array(wrong);
          assert.throws(
            () => decode(chunk, target, mode),
            (error) => error instanceof H5Error && error.kind === "format",
            `${chunk.name}, ${wrong} bytes`,
          );
        }
      }
    });

    it(`${mode}: every cut of every format is an error`, () => {
      const seen = new Set<string>();
      for (const chunk of small) {
        const format = `${chunk.filters.map((filter) => filter.id)}${chunk.name.split(/[, ]/).slice(0, 3)}`;
        if (seen.has(format) || chunk.stored.length > 1500 || chunk.filterMask !== 0) continue;
        seen.add(format);
        const needed = chunk.stored.length - (spare.get(chunk.filters.at(-1)?.id ?? 0) ?? 0);
        for (let length = 0; length < needed; length += length < 100 ? 1 : 13) {
          const target = new Uint8Array(chunk.chunkSize);
          const cut = { ...chunk, stored: chunk.stored.slice(0, length) };
          assert.throws(
            () => decode(cut, target, mode),
            (error) => error instanceof H5Error && error.kind === "format",
            `${chunk.name}, cut to ${length} of ${chunk.stored.length} bytes`,
          );
        }
      }
      assert.ok(seen.size > 20);
    });
  }

  it("a chunk that claims gigabytes from a few bytes is refused", () => {
    const seen = new Set<number>();
    for (const { name, sha256: _, ...chunk } of small) {
      const last = chunk.filters.at(-1)?.id ?? 0;
      if (last === zstdId || chunk.filterMask !== 0 || seen.has(last)) continue;
      seen.add(last);
      assert.throws(
        () => decodeChunk({ ...chunk, chunkSize: 2 ** 32 - 1, mode: "native" }),
        (error) => error instanceof H5Error && (error.kind === "format" || error.kind === "limit"),
        name,
      );
    }
  });
});
