import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { H5Error } from "../../src/errors.ts";
import type { Datatype } from "../../src/format/datatype.ts";
import { H5File } from "../../src/object/file.ts";
import { ByteSink } from "../../src/object/text/byte-sink.ts";
import { writeJsonString } from "../../src/object/text/string-text.ts";
import { attributeText } from "../../src/object/value.ts";
import type { HeapResolver } from "../../src/object/value-heap.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { sampleFile } from "../support/project.ts";
import { ZeroFile } from "../support/zero-file.ts";

function isLimit(error: unknown): boolean {
  return error instanceof H5Error && error.kind === "limit";
}

describe("bounds of paths", () => {
  it("a path of very many parts is refused", () => {
    const file = H5File.open(new MemoryStorage(readFileSync(sampleFile())));
    assert.throws(() => file.resolve("/x".repeat(70_000)), isLimit);
    file.close();
  });

  it("a soft link whose target has very many parts is refused", () => {
    const target = "/x".repeat(200_000);
    const file = new ZeroFile(500_000).superblock(4).symbolTable(1, 4096, 490_000);
    file.u64(520, 8, -1).u32(536, 2).u32(544, 16).text(4104, "long").text(4112, target);
    const opened = H5File.open(new MemoryStorage(file.bytes));
    assert.equal(opened.root.link("long")?.kind, "soft");
    assert.throws(() => opened.resolve("/long"), isLimit);
  });
});

describe("bounds of text", () => {
  it("a sink that nobody empties grows up to its limit", () => {
    const sink = new ByteSink(16, undefined, 100);
    sink.write(new Uint8Array(100));
    assert.equal(sink.take().length, 100);
    assert.throws(() => sink.byte(1), isLimit);
  });

  it("elements that share one long string are no endless attribute", () => {
    const shared = new Uint8Array(2 ** 20).fill(0x61);
    const heap: HeapResolver = { vlen: () => shared, path: () => undefined };
    const base = {
      class: "string",
      size: 1,
      padding: "null-terminated",
      charset: "ascii",
    } as const;
    const datatype: Datatype = { ...base, class: "vlen", size: 16, kind: "string", base };
    const dims = [4000];
    const dataspace = { kind: "simple", dims, maxDims: dims, maxDimsStored: true } as const;
    assert.throws(() => attributeText({ datatype, dataspace, bytes: () => new Uint8Array(64_000) }, heap), isLimit);
  });

  it("a string too long to be escaped is refused", () => {
    const bytes = new Uint8Array(2 ** 26 + 1).fill(1);
    assert.throws(() => writeJsonString(new ByteSink(), bytes, 0, bytes.length), isLimit);
  });
});
