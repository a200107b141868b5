import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { H5Error } from "../../src/errors.ts";
import {
  bTreeV2HeaderSize,
  bTreeV2Levels,
  decodeBTreeV2Header,
  encodeBTreeV2Header,
} from "../../src/format/b-tree-v2-header.ts";
import { encodeBTreeV2Node, readBTreeV2Node } from "../../src/format/b-tree-v2-node.ts";
import type { Extent } from "../../src/format/extent.ts";
import {
  decodeFractalHeapHeader,
  encodeFractalHeapHeader,
  fractalHeapHeaderSize,
} from "../../src/format/fractal-heap-header.ts";
import { encodeFreeSections, readFreeSections } from "../../src/format/free-space-manager.ts";
import { MESSAGE } from "../../src/format/header-message.ts";
import { decodeLinkInfo, type LinkInfo } from "../../src/format/link-info.ts";
import { findMessage } from "../../src/format/object-header.ts";
import { Reader } from "../../src/format/reader.ts";
import { Writer } from "../../src/format/writer.ts";
import { type CheckOptions, type CheckReport, checkFile, type Severity } from "../../src/object/check.ts";
import { Dataset } from "../../src/object/dataset.ts";
import { extentsOfFile } from "../../src/object/extents.ts";
import { H5File } from "../../src/object/file.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { notRun } from "../support/not-run.ts";
import { corpusRoot, hdf5Files, projectRoot, sampleFile } from "../support/project.ts";

const DATA = join(projectRoot(), "test/data");

function openBytes(bytes: Uint8Array): H5File {
  return H5File.open(new MemoryStorage(bytes, "file.h5"));
}

function found({ findings }: CheckReport, severity: Severity): string[] {
  return findings.filter((finding) => finding.severity === severity).map(({ path, message }) => `${path}: ${message}`);
}

/** What check says is damaged after `change` to a fixture's bytes; of one that does not open any more, why. */
function damageAfter(
  fixture: string,
  change: (bytes: Uint8Array, file: H5File) => void,
  options: CheckOptions = {},
): string[] {
  const bytes = new Uint8Array(readFileSync(join(DATA, fixture)));
  change(bytes, openBytes(bytes.slice()));
  try {
    return found(checkFile(openBytes(bytes), options), "damage");
  } catch (error) {
    if (!(error instanceof H5Error)) throw error;
    return [error.message];
  }
}

function extentsOf(file: H5File): Extent[] {
  return [...extentsOfFile(file, (_, error) => assert.fail(error))];
}

function address(file: H5File, wanted: string): number {
  return extentsOf(file).find(({ structure }) => structure === wanted)?.address ?? assert.fail(`no ${wanted}`);
}

/** Structures whose checksum covers every byte in use: their first bytes, and one in their midst, are. */
const CHECKSUMMED = new Set([
  "superblock",
  "object header",
  "object header continuation block",
  "B-tree v2 header",
  "B-tree v2 internal node",
  "B-tree v2 leaf node",
  "fractal heap",
  "fractal heap indirect block",
  "fractal heap direct block",
  "free-space manager",
  "free-space section list",
  "fixed array header",
  "fixed array data block",
  "extensible array header",
  "extensible array index block",
  "extensible array secondary block",
  "extensible array data block",
]);

describe("checking a file", () => {
  for (const path of [sampleFile(), ...hdf5Files(DATA)]) {
    it(`${basename(path)} is whole`, () => {
      const report = checkFile(H5File.open(path));
      assert.deepEqual(found(report, "damage"), []);
      assert.ok(report.unreachableBytes <= 4096);
      assert.ok(report.objects > 0 && report.structures > report.objects);
    });
  }

  it("finds a changed byte in each kind of structure that has a checksum", () => {
    const seen = new Set<string>();
    for (const fixture of [
      "indexes/small.h5",
      "indexes/dense-links.h5",
      "indexes/trees.h5",
      "engine/continued-v2.h5",
    ]) {
      const bytes = new Uint8Array(readFileSync(join(DATA, fixture)));
      for (const { structure, address } of extentsOf(openBytes(bytes.slice()))) {
        if (!CHECKSUMMED.has(structure) || seen.has(structure)) continue;
        seen.add(structure);
        for (const at of [0, 6]) {
          const said = damageAfter(fixture, (bytes) => {
            bytes[address + at] = (bytes[address + at] ?? 0) ^ 0x10;
          });
          assert.ok(said.length > 0, `${fixture}: ${structure} at ${address}, byte ${at}`);
        }
      }
    }
    assert.deepEqual(
      [...CHECKSUMMED].filter((structure) => !seen.has(structure)),
      [],
    );
  });

  it("finds a wrong signature in each kind of structure that has no checksum", () => {
    for (const structure of ["version 1 B-tree node", "symbol table node", "local heap", "global heap collection"]) {
      const said = damageAfter("engine/sizes-8-4.h5", (bytes, file) => {
        bytes[address(file, structure)] = 0x58;
      });
      assert.ok(
        said.some((text) => text.includes("signature is")),
        structure,
      );
    }
  });

  it("finds a wrong count of links, the one of an object and the one of a node", () => {
    const counts = damageAfter("engine/many-links.h5", (bytes, file) => {
      // Version 1 header: the reference count is at byte 4.
      const at = file.root.address + 4;
      bytes[at] = (bytes[at] ?? 0) + 1;
    });
    assert.deepEqual(counts, ["/: its link count is 2, but 1 lead to it"]);
    const symbols = damageAfter("engine/many-links.h5", (bytes, file) => {
      const at = address(file, "symbol table node") + 6;
      bytes[at] = 200;
    });
    assert.match(symbols.join("\n"), /200 symbols, expected at most/);
  });

  it("finds heaps that do not agree with their indexes, or with their free space", () => {
    /** What is damaged when the group "links-10-tracked" was changed, whose links are in a heap. */
    const damageIn = (change: (bytes: Uint8Array, file: H5File, info: LinkInfo) => void): string[] =>
      damageAfter("indexes/dense-links.h5", (bytes, file) => {
        const { header } = file.resolve("/links-10-tracked");
        const { body } = findMessage(header, MESSAGE.linkInfo) ?? assert.fail("no link info");
        change(bytes, file, decodeLinkInfo(new Reader(body, 0, "link info", file.context)));
      });
    const heapOf = ({ context }: H5File, { fractalHeapAddress = 0 }: LinkInfo) =>
      decodeFractalHeapHeader(context.reader(fractalHeapAddress, fractalHeapHeaderSize(context), "fractal heap"));

    const counted = damageIn((bytes, file, info) => {
      const heap = heapOf(file, info);
      const w = new Writer(file.context);
      encodeFractalHeapHeader(w, { ...heap, managedObjects: heap.managedObjects + 1 });
      bytes.set(w.bytes, heap.address);
    });
    assert.deepEqual(counted, [
      "/links-10-tracked: the fractal heap of its links counts 11 objects, but the index leads to 10",
    ]);

    const free = damageIn((bytes, file, info) => {
      const { freeSpaceManagerAddress = 0 } = heapOf(file, info);
      const { manager, sections } = readFreeSections(file.context, freeSpaceManagerAddress);
      const w = new Writer(file.context);
      const moved = sections.map((section) => ({ ...section, offset: section.offset - 3 }));
      encodeFreeSections(w, manager, freeSpaceManagerAddress, moved);
      bytes.set(w.bytes, manager.listAddress);
    });
    assert.match(
      free.join("\n"),
      /^\/links-10-tracked: bytes at offset \d+ of the fractal heap of its links are in use and free$/,
    );

    const unindexed = damageIn((bytes, { context }, { creationOrderIndexAddress = 0 }) => {
      const r = context.reader(creationOrderIndexAddress, bTreeV2HeaderSize(context), "B-tree v2 header");
      const header = decodeBTreeV2Header(r, context);
      const { rootNodeAddress = 0, totalRecords, recordSize } = header;
      const root = { address: rootNodeAddress, records: totalRecords, total: totalRecords };
      const levels = bTreeV2Levels(header, context.sizeOfOffsets, r);
      const node = readBTreeV2Node(context, header, levels, root, 0);
      const headerWriter = new Writer(context);
      const fewer = { ...header, rootNodeRecords: totalRecords - 1, totalRecords: totalRecords - 1 };
      encodeBTreeV2Header(headerWriter, fewer);
      bytes.set(headerWriter.bytes, creationOrderIndexAddress);
      const nodeWriter = new Writer(context);
      encodeBTreeV2Node(nodeWriter, fewer, levels, { ...node, records: node.records.subarray(recordSize) }, 0);
      bytes.set(nodeWriter.bytes, rootNodeAddress);
    });
    assert.deepEqual(unindexed, [
      "/links-10-tracked: 10 links are in the index by name, but 9 in the index by the order of creation",
    ]);
  });

  it("finds data that overlap other data, or a structure, or end past the file", () => {
    const moved = (to: (file: H5File) => number): string[] =>
      damageAfter("engine/sizes-8-4.h5", (bytes, file) => {
        const dataset = contiguousDataset(file);
        const message = findMessage(dataset.header, MESSAGE.dataLayout) ?? assert.fail();
        // Version 3 of the message: version, class, address.
        new DataView(bytes.buffer).setBigUint64(message.address + 2, BigInt(to(file)), true);
      });
    assert.match(moved((file) => file.root.address).join("\n"), /contiguous data at .* and .* overlap|overlap/);
    assert.match(moved((file) => file.superblock.endOfFile - 1).join("\n"), /past the end|the file ends at/);
  });

  it("finds a chunk whose bytes do not decode, where it is asked to look at the data", () => {
    const change = (bytes: Uint8Array, file: H5File): void => {
      for (const { structure, address, length, owner } of extentsOf(file)) {
        const object = file.object(owner === 0 ? file.root.address : owner);
        if (structure !== "chunk" || !(object instanceof Dataset) || object.filters.length === 0) continue;
        bytes.fill(0x5a, address, address + length);
        return;
      }
      assert.fail("no chunk with filters");
    };
    assert.deepEqual(damageAfter("engine/everything-earliest.h5", change), []);
    assert.ok(damageAfter("engine/everything-earliest.h5", change, { data: true }).length > 0);
  });

  it("tells of space that nothing leads to, and does not call it damage", () => {
    const path = join(DATA, "engine/many-links.h5");
    const before = checkFile(H5File.open(path));
    const bytes = new Uint8Array(readFileSync(path));
    const longer = new Uint8Array(bytes.length + 1000);
    longer.set(bytes);
    assert.deepEqual(found(checkFile(openBytes(longer)), "note"), [
      "superblock: 1000 bytes follow the end of the file that its superblock tells",
    ]);
    // Version 0 of the superblock: the end of file address is the third of the addresses from byte 24 on.
    new DataView(longer.buffer).setBigUint64(24 + 16, BigInt(longer.length), true);
    const after = checkFile(openBytes(longer));
    assert.deepEqual(after.findings, []);
    assert.equal(after.unreachableBytes, before.unreachableBytes + 1000);
  });

  it("calls no file of the corpus damaged that is not", function () {
    const corpus = corpusRoot();
    if (corpus === undefined) return notRun(this, "there is no corpus", "excused");
    const damaged: string[] = [];
    for (const path of hdf5Files(corpus)) {
      try {
        const file = H5File.open(path);
        if (found(checkFile(file), "damage").length > 0) damaged.push(relative(corpus, path));
        file.close();
      } catch (error) {
        // Malformed on purpose, or one of several files that are one.
        if (!(error instanceof H5Error)) throw error;
      }
    }
    assert.deepEqual(damaged, DAMAGED);
  });
});

function contiguousDataset(file: H5File): Dataset {
  for (const { structure, owner } of extentsOf(file)) {
    const object = structure === "contiguous data" ? file.object(owner) : undefined;
    if (object instanceof Dataset && object.layout.version === 3) return object;
  }
  return assert.fail("no contiguous dataset");
}

/** Malformed on purpose; `tfcontents1` has a section list that no release of the library reads. */
const DAMAGED = [
  "h5dump/err_attr_dspace.h5",
  "h5dump/tCVE-2021-37501_attr_decode.h5",
  "h5dump/tCVE_2018_11206_fill_new.h5",
  "h5dump/tCVE_2018_11206_fill_old.h5",
  "h5dump/tfcontents1.h5",
  "lib/bad_compound.h5",
  "lib/bad_offset.h5",
  "lib/corrupt_stab_msg.h5",
  "lib/memleak_H5O_dtype_decode_helper_H5Odtype.h5",
  "lib/tbogus.h5",
  "lib/th5s.h5",
  "lib/tmisc38a.h5",
];
