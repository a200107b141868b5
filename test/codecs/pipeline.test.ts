import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import type { CodecMode } from "../../codecs/codec.ts";
import { fletcher32 } from "../../codecs/fletcher32.ts";
import { decodeChunk, decodeChunkInto, type PipelineFilter, unsupportedFilters } from "../../codecs/pipeline.ts";
import { H5Error } from "../../src/errors.ts";
import { naiveShuffle } from "./naive-shuffle.ts";

const shuffle4: PipelineFilter = { id: 2, name: "shuffle", optional: true, clientData: [4] };
const deflate: PipelineFilter = { id: 1, name: "deflate", optional: true, clientData: [4] };
const fletcher: PipelineFilter = { id: 3, name: "fletcher32", optional: false, clientData: [] };
const zfp: PipelineFilter = { id: 32013, name: "", optional: true, clientData: [] };

/** What HDF5 stores in front of or behind the data for each of the three filters, made without the codecs. */
function encode(bytes: Uint8Array, filters: readonly PipelineFilter[], mask = 0): Uint8Array {
  return filters.reduce((data, filter, i) => {
    if (((mask >>> i) & 1) !== 0) return data;
    if (filter.id === 1) return new Uint8Array(deflateSync(data));
    if (filter.id === 2) return naiveShuffle(data, filter.clientData[0] ?? 0);
    const sum = Buffer.alloc(4);
    sum.writeUInt32LE(fletcher32(data));
    return Buffer.concat([data, sum]);
  }, bytes);
}

const chunkSize = 4 * 1001;
const data = Uint8Array.from({ length: chunkSize }, (_, i) => (i % 4 === 3 ? 7 : (i * i) >> 3));

for (const mode of ["native", "portable"] as CodecMode[]) {
  describe(`decodeChunk, ${mode}`, () => {
    const pipelines = [
      [],
      [deflate],
      [shuffle4],
      [fletcher],
      [shuffle4, deflate],
      [shuffle4, deflate, fletcher],
      [fletcher, shuffle4, deflate],
      [fletcher, deflate],
      [shuffle4, fletcher, deflate],
      [shuffle4, shuffle4, fletcher, shuffle4, fletcher],
      [deflate, deflate, fletcher],
    ];
    for (const filters of pipelines) {
      const title = filters.map((filter) => filter.name).join(", ") || "no filter";
      it(`undoes ${title}, and any part of it left out by the mask`, () => {
        for (let filterMask = 0; filterMask < 1 << filters.length; filterMask++) {
          const stored = encode(data, filters, filterMask);
          assert.deepEqual(
            Buffer.from(decodeChunk({ stored, filters, filterMask, chunkSize, mode })),
            Buffer.from(data),
          );
        }
      });
    }

    it("decodes from shared memory into shared memory, at odd addresses", () => {
      const filters = [shuffle4, deflate, fletcher];
      const encoded = encode(data, filters);
      const stored = new Uint8Array(new SharedArrayBuffer(encoded.length + 3), 3);
      stored.set(encoded);
      const shared = new Uint8Array(new SharedArrayBuffer(chunkSize + 16)).fill(0xee);
      const target = shared.subarray(5, 5 + chunkSize);
      decodeChunkInto(target, { stored, filters, filterMask: 0, chunkSize, mode });
      assert.deepEqual(Buffer.from(target), Buffer.from(data));
      assert.ok(shared.subarray(0, 5).every((byte) => byte === 0xee));
      assert.ok(shared.subarray(5 + chunkSize).every((byte) => byte === 0xee));
      decodeChunkInto(target.fill(1), { stored: data, filters: [], filterMask: 0, chunkSize, mode });
      assert.deepEqual(Buffer.from(target), Buffer.from(data));
    });

    it("takes no chunk that decodes to another size", () => {
      for (const filters of [[], [deflate], [shuffle4, deflate], [shuffle4, deflate, fletcher], [deflate, deflate]]) {
        for (const wrong of [chunkSize - 1, chunkSize + 1, 1, 3, 5 * chunkSize, 2 ** 32 - 1]) {
          const stored = encode(data, filters);
          assert.throws(
            () => decodeChunk({ stored, filters, filterMask: 0, chunkSize: wrong, mode }),
            (error) => error instanceof H5Error && error.kind === "format",
            `${filters.map((f) => f.name)} ${wrong}`,
          );
        }
      }
    });

    it("ignores what stands after the end of a zlib stream", () => {
      const stored = Buffer.concat([encode(data, [deflate]), Buffer.from("trailing")]);
      const decoded = decodeChunk({ stored, filters: [deflate], filterMask: 0, chunkSize, mode });
      assert.deepEqual(Buffer.from(decoded), Buffer.from(data));
    });

    it("names a filter that is not available, and needs it only where the mask says so", () => {
      const filters = [zfp, deflate];
      const stored = encode(data, [deflate]);
      assert.throws(
        () => decodeChunk({ stored, filters, filterMask: 0, chunkSize, mode }),
        (error) => error instanceof H5Error && error.kind === "unsupported" && /zfp \(32013\)/.test(error.message),
      );
      const decoded = decodeChunk({ stored, filters, filterMask: 1, chunkSize, mode });
      assert.deepEqual(Buffer.from(decoded), Buffer.from(data));
    });

    it("finds each flipped bit and each cut of a pipeline with a checksum", () => {
      const small = data.subarray(0, 40);
      const filters = [fletcher, shuffle4, deflate];
      const stored = encode(small, filters);
      for (let bit = 0; bit < stored.length * 8; bit++) {
        const damaged = Uint8Array.from(stored);
        damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        assertSameOrFormatError(damaged, filters, small, mode);
      }
      for (let length = 0; length < stored.length; length++) {
        assert.throws(
          () => decodeChunk({ stored: stored.subarray(0, length), filters, filterMask: 0, chunkSize: 40, mode }),
          (error) => error instanceof H5Error && error.kind === "format",
        );
      }
    });
  });
}

/** A flipped bit may fall on what does not count (the compression level in the zlib header). */
function assertSameOrFormatError(
  stored: Uint8Array,
  filters: readonly PipelineFilter[],
  expected: Uint8Array,
  mode: CodecMode,
): void {
  try {
    const decoded = decodeChunk({ stored, filters, filterMask: 0, chunkSize: expected.length, mode });
    assert.deepEqual(Buffer.from(decoded), Buffer.from(expected));
  } catch (error) {
    assert.ok(error instanceof H5Error && error.kind === "format", String(error));
  }
}

describe("unsupportedFilters", () => {
  it("names what is missing, in the file's words where nothing else is known", () => {
    assert.equal(unsupportedFilters([shuffle4, deflate, fletcher]), undefined);
    const own = { id: 400, name: "mine", optional: true, clientData: [] };
    assert.equal(unsupportedFilters([shuffle4, zfp, own]), 'zfp (32013), filter 400 "mine"');
  });
});
