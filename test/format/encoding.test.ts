import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { H5Error } from "../../src/errors.ts";
import { decodeAttributeInfo, encodeAttributeInfo } from "../../src/format/attribute-info.ts";
import { decodeAttributeMessage, encodeAttributeMessage } from "../../src/format/attribute-message.ts";
import { decodeBTreeK, encodeBTreeK } from "../../src/format/b-tree-k.ts";
import { decodeDataLayout, encodeDataLayout } from "../../src/format/data-layout.ts";
import { decodeDataspace, encodeDataspace } from "../../src/format/dataspace.ts";
import { encodeDatatype } from "../../src/format/datatype-encoding.ts";
import { decodeDatatype } from "../../src/format/datatype-message.ts";
import {
  decodeFillValue,
  decodeFillValueOld,
  encodeFillValue,
  encodeFillValueOld,
} from "../../src/format/fill-value.ts";
import { decodeFilterPipeline, encodeFilterPipeline } from "../../src/format/filter-pipeline.ts";
import { decodeGroupInfo, encodeGroupInfo } from "../../src/format/group-info.ts";
import { isShared, MESSAGE } from "../../src/format/header-message.ts";
import { decodeLink, encodeLink } from "../../src/format/link.ts";
import { decodeLinkInfo, encodeLinkInfo } from "../../src/format/link-info.ts";
import {
  decodeModificationTime,
  decodeModificationTimeOld,
  encodeModificationTime,
  encodeModificationTimeOld,
} from "../../src/format/modification-time.ts";
import { decodeObjectComment, encodeObjectComment } from "../../src/format/object-comment.ts";
import { Reader } from "../../src/format/reader.ts";
import { decodeReferenceCount, encodeReferenceCount } from "../../src/format/reference-count.ts";
import { decodeSymbolTable, encodeSymbolTable } from "../../src/format/symbol-table.ts";
import { Writer } from "../../src/format/writer.ts";
import { H5File } from "../../src/object/file.ts";
import { walkObjects } from "../../src/object/walk.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { notRun } from "../support/not-run.ts";
import { corpusRoot, hdf5Files, projectRoot, sampleFile } from "../support/project.ts";

/** Reads a message and writes it again. @param version the message's first byte */
type RoundTrip = (r: Reader, w: Writer, version: number) => void;

const ROUND_TRIPS: Partial<Record<number, RoundTrip>> = {
  [MESSAGE.dataspace]: (r, w, version) => encodeDataspace(w, decodeDataspace(r), version === 1 ? 1 : 2),
  [MESSAGE.linkInfo]: (r, w) => encodeLinkInfo(w, decodeLinkInfo(r)),
  [MESSAGE.datatype]: (r, w) => encodeDatatype(w, decodeDatatype(r), 0),
  [MESSAGE.fillValueOld]: (r, w) => encodeFillValueOld(w, decodeFillValueOld(r).value),
  [MESSAGE.fillValue]: (r, w, version) =>
    encodeFillValue(w, decodeFillValue(r), version === 3 ? 3 : version === 2 ? 2 : 1),
  [MESSAGE.link]: (r, w) => encodeLink(w, decodeLink(r)),
  [MESSAGE.dataLayout]: (r, w) => encodeDataLayout(w, decodeDataLayout(r)),
  [MESSAGE.groupInfo]: (r, w) => encodeGroupInfo(w, decodeGroupInfo(r)),
  [MESSAGE.filterPipeline]: (r, w, version) => encodeFilterPipeline(w, decodeFilterPipeline(r), version === 1 ? 1 : 2),
  [MESSAGE.attribute]: (r, w) => encodeAttributeMessage(w, decodeAttributeMessage(r)),
  [MESSAGE.objectComment]: (r, w) => encodeObjectComment(w, decodeObjectComment(r)),
  [MESSAGE.modificationTimeOld]: (r, w) => encodeModificationTimeOld(w, decodeModificationTimeOld(r)),
  [MESSAGE.modificationTime]: (r, w) => encodeModificationTime(w, decodeModificationTime(r)),
  [MESSAGE.symbolTable]: (r, w) => encodeSymbolTable(w, decodeSymbolTable(r)),
  [MESSAGE.bTreeK]: (r, w) => encodeBTreeK(w, decodeBTreeK(r)),
  [MESSAGE.attributeInfo]: (r, w) => encodeAttributeInfo(w, decodeAttributeInfo(r)),
  [MESSAGE.referenceCount]: (r, w) => encodeReferenceCount(w, decodeReferenceCount(r)),
};

const NAMES = new Map(Object.entries(MESSAGE).map(([name, type]) => [type as number, name]));
const differing = new Map<string, string[]>();
let compared = 0;

/** What comes out must be the message's bytes; what follows in the message is padding. */
function roundTrip(file: H5File, path: string, type: number, body: Uint8Array): void {
  const trip = ROUND_TRIPS[type];
  if (trip === undefined) return;
  const name = NAMES.get(type) ?? "";
  const r = new Reader(body, 0, name, file.context);
  const w = new Writer(file.context);
  try {
    trip(r, w, body[0] ?? 0);
  } catch (error) {
    if (error instanceof H5Error || (error instanceof TypeError && /not written/.test(error.message))) return;
    throw error;
  }
  compared++;
  const found = Buffer.from(w.bytes).toString("hex");
  const stored = Buffer.from(body).toString("hex");
  if (!stored.startsWith(found) || !/^0*$/.test(stored.slice(found.length))) {
    const list = differing.get(name) ?? [];
    list.push(`${file.name}: ${path}\n        stored  ${stored.slice(0, 300)}\n        written ${found.slice(0, 300)}`);
    differing.set(name, list);
  }
}

/** Old libraries left what came after the datatype as they found it. */
const UNDEFINED_PADDING = new Set(["h5dump/tarray4.h5"]);

function roundTripFile(path: string): void {
  let file: H5File;
  try {
    file = H5File.open(new MemoryStorage(readFileSync(path), path));
  } catch (error) {
    // Malformed on purpose, or one of several files that are one.
    if (error instanceof H5Error) return;
    throw error;
  }
  for (const { object, path: at } of objects(file)) {
    for (const message of object.header.messages) {
      if (!isShared(message)) roundTrip(file, at, message.type, message.body);
    }
  }
}

describe("messages: encoding what was decoded gives the same bytes", () => {
  beforeEach(() => {
    differing.clear();
    compared = 0;
  });

  function check(files: readonly string[], least: number): void {
    for (const path of files) roundTripFile(path);
    const text = [...differing].map(([name, list]) => `${name}: ${list.length}\n${list.slice(0, 2).join("\n")}`);
    assert.equal(text.join("\n"), "");
    assert.ok(compared >= least, `only ${compared} messages were compared`);
  }

  it("in the fixtures", () => check([sampleFile(), ...hdf5Files(join(projectRoot(), "test/data"))], 1500));

  it("in the corpus", function () {
    const corpus = corpusRoot();
    if (corpus === undefined) return notRun(this, "there is no corpus", "excused");
    const files = hdf5Files(corpus).filter((path) => !UNDEFINED_PADDING.has(relative(corpus, path)));
    check(files, 6000);
  });
});

function* objects(file: H5File) {
  try {
    yield { object: file.root, path: "/" };
    for (const { address, name } of walkObjects(file.root)) {
      try {
        yield { object: file.object(address), path: name };
      } catch (error) {
        if (!(error instanceof H5Error)) throw error;
      }
    }
  } catch (error) {
    if (!(error instanceof H5Error)) throw error;
  }
}
