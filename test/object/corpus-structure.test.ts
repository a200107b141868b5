import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { H5Error } from "../../src/errors.ts";
import type { Datatype } from "../../src/format/datatype.ts";
import type { Attribute } from "../../src/object/attribute.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import { H5File, type H5Object } from "../../src/object/file.ts";
import { notRun } from "../support/not-run.ts";
import { corpusRoot } from "../support/project.ts";

/** What libhdf5 says of one type; only the fields compared here. */
interface TypeTruth {
  readonly class?: string;
  readonly order?: string;
  readonly signed?: boolean;
  readonly variable?: boolean;
  readonly charset?: string;
  readonly dims?: number[];
  readonly base?: TypeTruth;
  readonly members?: (TypeTruth & { readonly name: string; readonly offset: number })[];
  readonly enum?: Record<string, number>;
  readonly error?: string;
}

interface ObjectTruth extends TypeTruth {
  readonly kind: string;
  readonly shape?: number[] | null;
  readonly maxshape?: (number | null)[];
  readonly layout?: string;
  readonly chunks?: number[];
  readonly filters?: [number, number, number[]][];
  readonly attrs?: Record<string, TypeTruth & { readonly shape?: number[] | null }>;
}

interface FileTruth {
  readonly links: Record<string, { kind: string; target?: string; file?: string; address?: number; error?: string }>;
  readonly objects: Record<string, ObjectTruth>;
  readonly userblock?: number;
  readonly error?: string;
}

const FLOAT_ORDER = { little: "LE", big: "BE", vax: "other" };

function typeOfTruth(t: TypeTruth): object {
  return {
    class: t.class,
    ...(t.order === undefined ? {} : { order: t.order }),
    ...(t.signed === undefined ? {} : { signed: t.signed }),
    ...(t.variable === undefined ? {} : { variable: t.variable, charset: t.charset }),
    ...(t.dims === undefined ? {} : { dims: t.dims }),
    ...(t.base === undefined ? {} : { base: typeOfTruth(t.base) }),
    ...(t.members === undefined ? {} : { members: t.members.map((m) => ({ name: m.name, ...typeOfTruth(m) })) }),
    ...(t.enum === undefined ? {} : { names: Object.keys(t.enum) }),
  };
}

function typeOf(t: Datatype): object {
  switch (t.class) {
    case "integer":
      return { class: t.class, order: FLOAT_ORDER[t.order], signed: t.signed };
    case "float":
    case "bitfield":
      return { class: t.class, order: FLOAT_ORDER[t.order] };
    case "string":
      return { class: t.class, variable: false, charset: t.charset };
    case "vlen":
      return t.kind === "string"
        ? { class: "string", variable: true, charset: t.charset }
        : { class: t.class, base: typeOf(t.base) };
    case "compound":
      return { class: t.class, members: t.members.map(({ name, type }) => ({ name, ...typeOf(type) })) };
    case "array":
      return { class: t.class, dims: t.dims, base: typeOf(t.base) };
    case "enum":
      return { class: t.class, base: typeOf(t.base), names: t.members.map(({ name }) => name) };
    default:
      return { class: t.class };
  }
}

/** Whether `read` works; anything but a typed error is a failure. */
function refusal(read: () => unknown): H5Error | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof H5Error) return error;
    throw error;
  }
}

function checkAttribute(attribute: Attribute, truth: TypeTruth & { shape?: number[] | null }, where: string): void {
  const error = refusal(() => attribute.bytes());
  if (truth.error !== undefined) return;
  assert.equal(error, undefined, where);
  assert.deepEqual(typeOf(attribute.datatype), typeOfTruth(truth), where);
  const { dataspace } = attribute;
  assert.deepEqual(dataspace.kind === "null" ? null : dataspace.dims, truth.shape, where);
}

function checkDataset(dataset: Dataset, truth: ObjectTruth, where: string): void {
  assert.deepEqual(typeOf(dataset.datatype), typeOfTruth(truth), where);
  assert.equal(dataset.layout.kind, truth.layout, where);
  // A virtual dataset's unlimited dimension is as long as its sources are.
  if (dataset.layout.kind === "virtual") return;
  assert.deepEqual(dataset.dataspace.kind === "null" ? null : dataset.dims, truth.shape, where);
  if (truth.maxshape !== undefined)
    assert.deepEqual(
      dataset.maxDims.map((m) => m ?? null),
      truth.maxshape,
      where,
    );
  if (dataset.layout.kind === "chunked") assert.deepEqual(dataset.layout.chunkDims, truth.chunks, where);
  const filters = dataset.filters.map(({ id, optional, clientData }) => [id, optional ? 1 : 0, clientData]);
  assert.deepEqual(filters, truth.filters, where);
  const problem = dataset.problem();
  if (problem !== undefined && truth.error === undefined) {
    const allowed =
      problem.kind === "unsupported" && /external files are not read|more than 2\^53/.test(problem.message);
    assert.ok(allowed, `${where}: ${problem.message}`);
  }
}

function checkFile(path: string, truth: FileTruth): void {
  let file: H5File | undefined;
  const error = refusal(() => {
    file = H5File.open(path);
  });
  if (file === undefined) {
    assert.ok(truth.error !== undefined, `${path}: ${error?.message}`);
    return;
  }
  const { superblock } = file;
  if (truth.userblock !== undefined) assert.equal(superblock.baseAddress, truth.userblock);
  const opened = file;
  const seen = new Set<number>();
  const met = new Set<string>(["/"]);

  const visit = (address: number, at: string): void => {
    let object: H5Object | undefined;
    const refused = refusal(() => {
      object = opened.object(address, at);
    });
    const linkTruth = truth.links[at];
    if (object === undefined) {
      assert.ok(linkTruth?.error !== undefined || truth.error !== undefined, `${at}: ${refused?.message}`);
      return;
    }
    if (seen.has(address)) return;
    seen.add(address);
    const objectTruth = truth.objects[at];
    // What libhdf5 cannot open is damaged in one of its parts, at least: those must say so when they are asked.
    if (objectTruth?.attrs === undefined) return;
    assert.equal(object.kind, objectTruth.kind, at);
    assert.equal(linkTruth?.address, address, at);
    const names = object.attributes().map(({ name }) => name);
    assert.deepEqual(names.sort(), Object.keys(objectTruth.attrs).sort(), at);
    for (const [name, attributeTruth] of Object.entries(objectTruth.attrs)) {
      const attribute = object.attribute(name);
      assert.ok(attribute !== undefined, `${at}@${name}`);
      checkAttribute(attribute, attributeTruth, `${at}@${name}`);
    }
    if (object.kind === "datatype") assert.deepEqual(typeOf(object.datatype), typeOfTruth(objectTruth), at);
    if (object.kind === "dataset") checkDataset(object, objectTruth, at);
    if (object.kind !== "group") return;
    const group = object;
    const broken = refusal(() => {
      for (const link of group.links()) {
        const path = `${at === "/" ? "" : at}/${link.name}`;
        met.add(path);
        const expected = truth.links[path];
        if (objectTruth.error === undefined) assert.equal(link.kind, expected?.kind, path);
        assert.deepEqual(group.link(link.name), link, path);
        if (link.kind === "soft") assert.equal(link.target, expected?.target, path);
        if (link.kind === "external") assert.deepEqual([link.file, link.target], [expected?.file, expected?.target]);
        if (link.kind === "hard") visit(link.address, path);
      }
    });
    assert.ok(broken === undefined || objectTruth.error !== undefined, `${at}: ${broken?.message}`);
  };
  visit(superblock.rootAddress, "/");
  for (const path of Object.keys(truth.links)) assert.ok(met.has(path), `${path} is missing`);
  file.close();
}

describe("structure of the corpus files, as libhdf5 has it", () => {
  const corpus = corpusRoot();
  if (corpus === undefined) {
    it("has a corpus", function () {
      notRun(this, "there is no corpus of HDF5 files", "excused");
    });
    return;
  }
  for (const folder of readdirSync(corpus)) {
    const truths = join(corpus, folder, "truth");
    if (!existsSync(truths)) continue;
    it(folder, () => {
      let files = 0;
      for (const name of readdirSync(truths)) {
        const [truth] = JSON.parse(readFileSync(join(truths, name), "utf8")) as Partial<FileTruth>[];
        assert.ok(truth !== undefined);
        try {
          checkFile(join(corpus, folder, name.replace(/\.json$/, "")), { links: {}, objects: {}, ...truth });
        } catch (cause) {
          throw new Error(`${folder}/${name}: ${cause instanceof Error ? cause.message : cause}`, { cause });
        }
        files++;
      }
      assert.ok(files > 0);
    });
  }
});
