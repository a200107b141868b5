import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { bloscByBlocks } from "../../codecs/blosc.ts";
import { chooseInflate, inflateWithZlib } from "../../codecs/deflate.ts";
import { chooseLz4 } from "../../codecs/lz4.ts";
import { decodeChunk } from "../../codecs/pipeline.ts";
import { codecImplementation } from "../../codecs/registry.ts";
import { chooseSnappy } from "../../codecs/snappy.ts";
import { chooseZstd, decodeZstd } from "../../codecs/zstd.ts";
import { H5Error } from "../../src/errors.ts";
import { readStoredChunks } from "./stored-chunks.ts";

const zstdId = 32015;
const chunks = readStoredChunks();
const datasets = chunks.filter((chunk) => chunk.filters.every((filter) => filter.id !== zstdId));
const frames = chunks.filter((chunk) => chunk.filters.some((filter) => filter.id === zstdId));

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

describe("chunks stored by h5py, PyTables and libblosc", () => {
  const groupOf = (name: string): string => name.split(",")[0] ?? name;
  for (const group of new Set(datasets.map(({ name }) => groupOf(name)))) {
    const members = datasets.filter(({ name }) => groupOf(name) === group);
    it(`${group}: native and portable give the bytes that were stored`, () => {
      for (const { name, sha256: expected, ...chunk } of members) {
        assert.equal(sha256(decodeChunk({ ...chunk, mode: "portable" })), expected, `${name}, portable`);
        assert.equal(sha256(decodeChunk({ ...chunk, mode: "native" })), expected, `${name}, native`);
      }
    });
  }
});

describe("the forms that another installation would use", () => {
  const ofFilter = (id: number) => datasets.filter(({ filters }) => filters.length === 1 && filters[0]?.id === id);

  it("node:zlib, where libdeflate is missing", () => {
    for (const { name, stored, chunkSize, sha256: expected } of ofFilter(1)) {
      const output = new Uint8Array(new SharedArrayBuffer(chunkSize));
      assert.equal(inflateWithZlib(stored, output), chunkSize, name);
      assert.equal(sha256(output), expected, name);
    }
  });

  it("blosc by blocks with native inner codecs, where libblosc is missing", () => {
    const { decode } = bloscByBlocks("native");
    for (const { name, stored, chunkSize, filterMask, sha256: expected } of ofFilter(32001)) {
      if (filterMask !== 0) continue;
      const output = new Uint8Array(new SharedArrayBuffer(chunkSize));
      assert.equal(decode(stored, output), chunkSize, name);
      assert.equal(sha256(output), expected, name);
    }
  });

  it("blosc chunks of another format version are refused by name", () => {
    const stored = Uint8Array.from(ofFilter(32001).find(({ filterMask }) => filterMask === 0)?.stored ?? []);
    stored[0] = 5;
    assert.throws(
      () => bloscByBlocks("portable").decode(stored, new Uint8Array(100_000)),
      (error) => error instanceof H5Error && error.kind === "unsupported" && /format version is 5/.test(error.message),
    );
  });
});

describe("threads", () => {
  it("each has codecs of its own, several at a time", async () => {
    const some = datasets.filter((_, i) => i % 40 === 0);
    await Promise.all(
      some.map(async ({ name, sha256: expected, ...chunk }) => {
        const target = new Uint8Array(new SharedArrayBuffer(chunk.chunkSize));
        const worker = new Worker(new URL("./decode-thread.js", import.meta.url), {
          workerData: { chunk: { ...chunk, mode: "native" }, target },
        });
        await once(worker, "message");
        assert.equal(sha256(target), expected, name);
      }),
    );
  });
});

describe("zstd frames made by libzstd", () => {
  for (const { name, stored, chunkSize, sha256: expected } of frames) {
    it(name, () => {
      const portable = new Uint8Array(chunkSize);
      assert.equal(decodeZstd(stored, portable), chunkSize);
      assert.equal(sha256(portable), expected);
      const native = new Uint8Array(new SharedArrayBuffer(chunkSize));
      assert.equal(chooseZstd("native").decode(stored, native), chunkSize);
      assert.equal(sha256(native), expected);
    });
  }
});

describe("the native forms", () => {
  for (const [id, library] of [
    [1, "libdeflate"],
    [305, "liblzo2"],
    [307, "libbz2"],
    [32001, "libblosc"],
  ] as const) {
    it(`filter ${id} uses ${library} where it is installed`, () =>
      checkNative(codecImplementation(id, "native"), library));
  }
  for (const [choose, library] of [
    [chooseLz4, "liblz4"],
    [chooseSnappy, "libsnappy"],
    [chooseZstd, "libzstd"],
    [chooseInflate, "libdeflate"],
  ] as const) {
    it(`the decoder inside blosc uses ${library} where it is installed`, () => {
      checkNative(choose("native").implementation, library);
      assert.doesNotMatch(choose("portable").implementation, /native/);
    });
  }

  function checkNative(implementation: string, library: string): void {
    if (implementation.endsWith("(native)")) assert.equal(implementation, `${library} (native)`);
    else console.log(`NOT RUN: ${library} not found, ${implementation} instead`);
  }
});
