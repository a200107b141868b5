import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { inflateSync } from "node:zlib";
import type { CodecMode } from "../../codecs/codec.ts";
import { deflateWithZlib } from "../../codecs/deflate.ts";
import { encodeChunk } from "../../codecs/encode-chunk.ts";
import { decodeChunk, type PipelineFilter } from "../../codecs/pipeline.ts";
import { shuffle } from "../../codecs/shuffle-bytes.ts";
import { H5Error } from "../../src/errors.ts";
import { assertRefused } from "../support/error-kind.ts";
import { naiveShuffle } from "./naive-shuffle.ts";
import { readStoredChunks } from "./stored-chunks.ts";

const deflate = (level: number, optional = true): PipelineFilter => ({
  id: 1,
  name: "deflate",
  optional,
  clientData: [level],
});
const shuffled = (size: number): PipelineFilter => ({ id: 2, name: "shuffle", optional: true, clientData: [size] });
const fletcher32: PipelineFilter = { id: 3, name: "fletcher32", optional: false, clientData: [] };

const ramp = new Uint8Array(Int32Array.from({ length: 5000 }, (_, i) => i * 3).buffer);
/** What no compressor makes smaller. */
const noise = Uint8Array.from(
  Array.from({ length: 129 }, (_, i) => [...createHash("sha256").update(`${i}`).digest()]).flat(),
);

describe("encoding chunks", () => {
  it("gives again what libhdf5 stored, where the filters leave no choice", () => {
    const fixed = readStoredChunks().filter(({ filters }) => filters.every(({ id }) => id === 2 || id === 3));
    assert.ok(fixed.length > 0);
    for (const { name, stored, filters, filterMask, chunkSize } of fixed) {
      if (filterMask !== 0) continue;
      const bytes = decodeChunk({ stored, filters, filterMask, chunkSize, mode: "native" });
      assert.deepEqual(Buffer.from(encodeChunk(bytes, filters, "native").stored), Buffer.from(stored), name);
    }
  });

  it("leaves an optional shuffle out that has no element size, as PyTables has it for VLArrays; any other is damage", () => {
    const sizeless = { id: 2, name: "shuffle", optional: true, clientData: [] };
    const { stored, filterMask } = encodeChunk(ramp, [sizeless, fletcher32], "native");
    assert.equal(filterMask, 1);
    assert.deepEqual(Buffer.from(stored.subarray(0, ramp.length)), Buffer.from(ramp));
    assert.throws(() => encodeChunk(ramp, [{ ...sizeless, optional: false }], "native"), /element size is missing/);
  });

  it("shuffles elements of any size, and leaves the rest", () => {
    for (const size of [1, 2, 3, 4, 5, 7, 8, 12, 16, 33]) {
      for (const length of [0, 1, size, size + 1, 7 * size + size - 1, 4096]) {
        const input = noise.subarray(0, length);
        const output = new Uint8Array(length);
        shuffle(input, output, size);
        assert.deepEqual(output, naiveShuffle(input, size), `${length} bytes of elements of ${size}`);
      }
    }
  });

  for (const mode of ["native", "portable"] as const satisfies readonly CodecMode[]) {
    it(`deflates at every level to what zlib inflates (${mode})`, () => {
      for (let level = 0; level <= 9; level++) {
        const { stored, filterMask } = encodeChunk(ramp, [deflate(level, false)], mode);
        assert.equal(filterMask, 0);
        assert.deepEqual(new Uint8Array(inflateSync(stored)), ramp);
        if (level > 0) assert.ok(stored.length < ramp.length);
      }
    });

    it(`deflates what gets no smaller by it, too, as libhdf5 does (${mode})`, () => {
      const { stored, filterMask } = encodeChunk(noise, [shuffled(1), deflate(6)], mode);
      assert.equal(filterMask, 0);
      assert.ok(stored.length > noise.length);
      assert.deepEqual(new Uint8Array(inflateSync(stored)), noise);
    });

    it(`is undone by decoding (${mode})`, () => {
      const filters = [shuffled(4), deflate(4), fletcher32];
      for (const bytes of [ramp, noise, new Uint8Array(1)]) {
        const { stored, filterMask } = encodeChunk(bytes, filters, mode);
        assert.deepEqual(decodeChunk({ stored, filters, filterMask, chunkSize: bytes.length, mode }), bytes);
      }
    });
  }

  it("has node:zlib where libdeflate is missing", () => {
    assert.deepEqual(new Uint8Array(inflateSync(deflateWithZlib(ramp, 4, ramp.length) ?? noise)), ramp);
    assert.equal(deflateWithZlib(noise, 4, noise.length - 1), undefined);
  });

  it("refuses a filter that it only reads, by name", () => {
    const szip = { id: 4, name: "szip", optional: true, clientData: [9] };
    assert.throws(
      () => encodeChunk(ramp, [szip], "native"),
      (error) => error instanceof H5Error && error.kind === "unsupported" && /szip/.test(error.message),
    );
  });

  for (const mode of ["native", "portable"] as const satisfies readonly CodecMode[]) {
    it(`bzip2 gives at every level what its decoders, and libbz2, read (${mode})`, () => {
      const text = Buffer.from("to be or not to be, that is the question; ".repeat(300));
      // Runs of each length about the limits of their coding, and what sorts slowly: much that repeats itself.
      const runs = Buffer.concat([1, 3, 4, 5, 254, 255, 256, 259, 511].map((length, i) => Buffer.alloc(length, i)));
      const words = [Buffer.from([0]), Buffer.from([0, 1])];
      while ((words.at(-1)?.length ?? 0) < 3000) words.push(Buffer.concat(words.slice(-2).reverse()));
      // More than the 100,000 bytes of a block at level 1.
      const long = Buffer.concat([ramp, noise, text, Buffer.alloc(100_000, 7), ramp, noise, ramp, ramp, ramp, ramp]);
      const inputs = [0, 1, 2, 255].map((length) => noise.subarray(0, length));
      for (const input of [...inputs, runs, text, words.at(-1) ?? runs, noise, long]) {
        for (const level of input === long ? [1, 9] : [9]) {
          const filters = [{ id: 307, name: "bzip2", optional: true, clientData: [level] }];
          const { stored, filterMask } = encodeChunk(input, filters, mode);
          assert.equal(filterMask, 0, "never left out");
          for (const reader of ["native", "portable"] as const) {
            const again = decodeChunk({ stored, filters, filterMask, chunkSize: input.length, mode: reader });
            assert.equal(Buffer.compare(again, input), 0, `${input.length} bytes at level ${level}, read by ${reader}`);
          }
          if (input === text) assert.ok(stored.length < 300, `${stored.length}`);
        }
      }
      assertRefused(
        () => encodeChunk(ramp, [{ id: 307, name: "bzip2", optional: true, clientData: [0] }], mode),
        /bzip2 has levels 1 to 9, not 0/,
      );
    });

    it(`LZF, LZO and Blosc give what their decoders, and libraries, read (${mode})`, () => {
      const zeros = new Uint8Array(300_000);
      const text = Buffer.from("to be or not to be, that is the question; ".repeat(1000));
      const mixed = Buffer.concat([ramp, noise, zeros.subarray(0, 300), noise, ramp]);
      const inputs = [0, 1, 3, 12, 13, 64, 500].map((length) => mixed.subarray(0, length));
      for (const input of [...inputs, ramp, zeros, text, mixed, noise]) {
        const lzf: PipelineFilter = { id: 32000, name: "lzf", optional: true, clientData: [4, 0x0105, input.length] };
        const bloscs = [1, 3, 8, 300].flatMap((typeSize) =>
          [0, 1].flatMap((shuffle) =>
            [0, 1, 4].map(
              (codec): PipelineFilter => ({
                id: 32001,
                name: "blosc",
                optional: true,
                clientData: [2, 2, typeSize, input.length, 5, shuffle, codec],
              }),
            ),
          ),
        );
        const lzo: PipelineFilter = { id: 305, name: "lzo", optional: true, clientData: [1] };
        for (const filter of [lzf, lzo, ...bloscs]) {
          for (const optional of [true, false]) {
            const filters = [{ ...filter, optional }];
            const { stored, filterMask } = encodeChunk(input, filters, mode);
            assert.equal(filterMask === 0 || optional, true);
            if (filterMask !== 0) assert.ok(stored.length >= input.length);
            if (filterMask === 0 && input.length === 0 && filter.id === 32000) continue;
            const again = decodeChunk({ stored, filters, filterMask, chunkSize: input.length, mode });
            assert.equal(Buffer.compare(again, input), 0, `${filter.name} ${filter.clientData} ${input.length}`);
            if (input === zeros || input === text) assert.ok(stored.length < input.length / 10, `${stored.length}`);
          }
        }
      }
    });
  }
});
