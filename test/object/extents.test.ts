import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { H5Error } from "../../src/errors.ts";
import type { Extent } from "../../src/format/extent.ts";
import { extentsOfFile } from "../../src/object/extents.ts";
import { H5File } from "../../src/object/file.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { notRun } from "../support/not-run.ts";
import { corpusRoot, hdf5Files, projectRoot, sampleFile } from "../support/project.ts";

interface Coverage {
  readonly extents: readonly Extent[];
  readonly problems: readonly string[];
  /** Bytes up to the end of allocation that no extent covers. */
  readonly unreachable: number;
  readonly end: number;
}

function coverageOf(file: H5File): Coverage {
  const problems: string[] = [];
  const extents = [...extentsOfFile(file, (path, error) => problems.push(`${path}: ${error.message}`))];
  extents.sort((a, b) => a.address - b.address);
  const end = file.superblock.endOfFile;
  let covered = 0;
  let last: Extent | undefined;
  for (const extent of extents) {
    const { structure, address, length } = extent;
    if (last !== undefined && address < last.address + last.length) {
      problems.push(`${structure} at ${address} overlaps ${last.structure} at ${last.address}`);
    }
    if (address + length > end) problems.push(`${structure} at ${address} ends past the end of allocation`);
    covered += length;
    last = extent;
  }
  return { extents, problems, unreachable: end - covered, end };
}

function open(path: string): H5File | undefined {
  try {
    return H5File.open(new MemoryStorage(readFileSync(path), path));
  } catch (error) {
    // Malformed on purpose, or one of several files that are one.
    if (error instanceof H5Error) return undefined;
    throw error;
  }
}

/** What libhdf5 allocates ahead for metadata and for small raw data, and gives up when it closes the file. */
const AGGREGATED = 2 * 2048;

describe("extents", () => {
  for (const path of [sampleFile(), ...hdf5Files(join(projectRoot(), "test/data"))]) {
    it(`${basename(path)}: overlap nowhere, and cover all but what the library allocated ahead`, () => {
      const file = open(path);
      assert.ok(file !== undefined);
      const { problems, unreachable } = coverageOf(file);
      assert.deepEqual(problems, []);
      assert.ok(unreachable >= 0 && unreachable <= AGGREGATED, `${unreachable} bytes are covered by nothing`);
    });
  }

  it("say of what kind they are and whose", () => {
    const file = H5File.open(join(projectRoot(), "test/data/engine/everything-earliest.h5"));
    const { extents } = coverageOf(file);
    const group = extents.find(({ structure }) => structure === "symbol table node")?.owner;
    const owned = extents.filter(({ owner }) => owner === group).map(({ structure, kind }) => `${kind}: ${structure}`);
    for (const structure of ["object header", "local heap", "local heap data segment", "version 1 B-tree node"]) {
      assert.ok(owned.includes(`metadata: ${structure}`), structure);
    }
    assert.ok(extents.some(({ kind, structure }) => kind === "raw" && structure === "chunk"));
    assert.ok(extents.some(({ kind, structure }) => kind === "raw" && structure === "contiguous data"));
    for (const { owner } of extents) assert.ok(owner === 0 || file.object(owner).address === owner);
    file.close();
  });

  it("in the corpus: overlap nowhere, and cover nearly all", function () {
    const corpus = corpusRoot();
    if (corpus === undefined) return notRun(this, "there is no corpus", "excused");
    const problems: string[] = [];
    let files = 0;
    let unreachable = 0;
    let all = 0;
    for (const path of hdf5Files(corpus)) {
      const file = open(path);
      const name = relative(corpus, path);
      if (file === undefined || DAMAGED.has(name)) continue;
      const coverage = coverageOf(file);
      for (const problem of coverage.problems) problems.push(`${name}: ${problem}`);
      files++;
      unreachable += coverage.unreachable;
      all += coverage.end;
    }
    assert.deepEqual(problems, []);
    assert.ok(files >= 150, `only ${files} files`);
    assert.ok(unreachable < 0.03 * all, `${unreachable} of ${all} bytes are covered by nothing`);
  });
});

/** Files of which not everything can be walked, most of them malformed on purpose. */
const DAMAGED = new Set([
  "lib/bad_compound.h5",
  "lib/corrupt_stab_msg.h5",
  "lib/memleak_H5O_dtype_decode_helper_H5Odtype.h5",
  "lib/tbogus.h5",
  "lib/th5s.h5",
  "lib/tlayouto.h5",
  "lib/tmisc38a.h5",
]);
