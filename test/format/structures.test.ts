import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { H5Error } from "../../src/errors.ts";
import type { Extent } from "../../src/format/extent.ts";
import { extentsOfFile } from "../../src/object/extents.ts";
import { H5File } from "../../src/object/file.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { notRun } from "../support/not-run.ts";
import { corpusRoot, hdf5Files, projectRoot, sampleFile } from "../support/project.ts";
import { type Comparison, compareStructure } from "./structure-round-trips.ts";

/** Structures that are not written: a file with shared messages is refused for writing, a cache image is only removed. */
const NOT_WRITTEN = new Set(["shared message table", "shared message record list", "metadata cache image"]);

/** A library before its release wrote the widths of section lists in another way, which no release reads. */
const OTHER_SECTION_LISTS = new Set(["h5dump/tfcontents1.h5"]);

/** How many of each there are at least. */
const IN_FIXTURES = {
  superblock: 30,
  "object header, version 1": 250,
  "object header, version 2": 300,
  "object header continuation block": 60,
  "symbol table node": 90,
  "version 1 B-tree node": 200,
  "local heap": 150,
  "local heap data segment": 150,
  "global heap collection": 15,
  "B-tree v2 header": 45,
  "B-tree v2 internal node": 25,
  "B-tree v2 leaf node": 400,
  "B-tree v2 record of type 1": 5,
  "B-tree v2 record of type 5": 5000,
  "B-tree v2 record of type 6": 5000,
  "B-tree v2 record of type 8": 600,
  "B-tree v2 record of type 9": 300,
  "fractal heap": 30,
  "fractal heap direct block": 100,
  "fractal heap indirect block": 10,
  "free-space manager": 30,
  "free-space section list": 30,
  "fixed array header": 15,
  "fixed array data block": 15,
  "fixed array data block page": 5,
  "extensible array header": 10,
  "extensible array index block": 10,
  "extensible array secondary block": 8,
  "extensible array data block": 50,
  "extensible array data block page": 2,
};
const IN_CORPUS = {
  superblock: 180,
  "object header, version 1": 1000,
  "object header, version 2": 110,
  "object header continuation block": 350,
  "symbol table node": 300,
  "version 1 B-tree node": 550,
  "local heap": 350,
  "global heap collection": 35,
  "fractal heap": 8,
  "free-space manager": 8,
};

interface Result {
  readonly counts: Map<string, number>;
  readonly differing: string[];
}

/** Each structure once; those that belong to a header are compared with it. */
function compareFile(path: string, name: string, result: Result): void {
  let file: H5File;
  try {
    file = H5File.open(new MemoryStorage(readFileSync(path), path));
  } catch (error) {
    // Malformed on purpose, or one of several files that are one.
    if (error instanceof H5Error) return;
    throw error;
  }
  const compared = new Set<number>();
  const extents: Extent[] = [];
  for (const extent of extentsOfFile(file, () => undefined)) {
    if (extent.kind === "metadata" && !NOT_WRITTEN.has(extent.structure)) extents.push(extent);
    if (OTHER_SECTION_LISTS.has(name) && extent.structure.startsWith("free-space")) {
      if (extent.structure === "free-space manager") {
        assert.throws(() => [...compareStructure(file, extent)], /free-space section list/);
      }
      compared.add(extent.address);
      continue;
    }
    for (const comparison of compareStructure(file, extent)) {
      compared.add(comparison.address);
      result.counts.set(comparison.structure, (result.counts.get(comparison.structure) ?? 0) + 1);
      const difference = describeDifference(comparison);
      if (difference !== undefined) result.differing.push(`${name}: ${difference}`);
    }
  }
  for (const { structure, address } of extents) {
    if (!compared.has(address)) result.differing.push(`${name}: ${structure} at ${address} was not compared`);
  }
}

function describeDifference({ structure, address, stored, written, isDefined }: Comparison): string | undefined {
  if (written.length !== stored.length) {
    return `${structure} at ${address}: ${written.length} bytes are written of ${stored.length}`;
  }
  for (let at = 0; at < stored.length; at++) {
    if (stored[at] === written[at] || !isDefined(at)) continue;
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(at & ~7, (at & ~7) + 48)).toString("hex");
    return `${structure} at ${address} of ${stored.length}: byte ${at}\n   stored  ${hex(stored)}\n   written ${hex(written)}`;
  }
  return undefined;
}

function check(files: readonly string[], root: string, least: Readonly<Record<string, number>>): void {
  const result: Result = { counts: new Map(), differing: [] };
  for (const path of files) compareFile(path, relative(root, path), result);
  assert.equal(result.differing.slice(0, 10).join("\n"), "", `${result.differing.length} structures differ`);
  for (const [structure, count] of Object.entries(least)) {
    const found = result.counts.get(structure) ?? 0;
    assert.ok(found >= count, `only ${found} of ${structure} were compared`);
  }
}

describe("structures: encoding what was decoded gives the same bytes", () => {
  it("in the fixtures", () => {
    const root = projectRoot();
    check([sampleFile(), ...hdf5Files(join(root, "test/data"))], root, IN_FIXTURES);
  });

  it("in the corpus", function () {
    const corpus = corpusRoot();
    if (corpus === undefined) return notRun(this, "there is no corpus", "excused");
    check(hdf5Files(corpus), corpus, IN_CORPUS);
  });
});
