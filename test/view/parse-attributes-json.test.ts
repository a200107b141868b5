import assert from "node:assert/strict";
import { join } from "node:path";
import { H5Error } from "../../src/errors.ts";
import type { Datatype } from "../../src/format/datatype.ts";
import { encodeText } from "../../src/format/text.ts";
import { H5File, type H5Object } from "../../src/object/file.ts";
import { meantDatatype } from "../../src/object/pytables.ts";
import { referredObject } from "../../src/object/referred-object.ts";
import { decodeElement } from "../../src/object/value.ts";
import type { HeapWriter, ReferredObject } from "../../src/object/value-encode.ts";
import { type HeapResolver, heapBeside, heapOf } from "../../src/object/value-heap.ts";
import { walkObjects } from "../../src/object/walk.ts";
import { attributesJson } from "../../src/view/attributes-json.ts";
import { parseAttributesJson } from "../../src/view/parse-attributes-json.ts";
import { parseTypeJson } from "../../src/view/parse-type-json.ts";
import { typeJson } from "../../src/view/type-json.ts";
import { hdf5Files, projectRoot } from "../support/project.ts";

/** The heap of a file, in memory; its paths lead to its objects. */
class MemoryHeap implements HeapWriter {
  readonly sizeOfOffsets: number;
  readonly #file: H5File;
  readonly #values: Uint8Array[] = [];

  constructor(file: H5File) {
    this.#file = file;
    this.sizeOfOffsets = file.context.sizeOfOffsets;
  }

  insert(bytes: Uint8Array): { collection: number; index: number } {
    return { collection: 1, index: this.#values.push(bytes.slice()) };
  }

  object(path: string): ReferredObject {
    return referredObject(this.#file, path);
  }

  resolver(): HeapResolver {
    return heapBeside(this.#file, (_, index) => this.#values[index - 1] ?? assert.fail(`no value ${index}`));
  }
}

const values = (type: Datatype, bytes: Uint8Array, heap: HeapResolver): unknown[] =>
  Array.from({ length: bytes.length / type.size }, (_, i) => decodeElement(type, bytes, i * type.size, heap));

/** Types that say in which version they were stored say nothing else. */
const plain = (type: Datatype): unknown =>
  JSON.parse(
    JSON.stringify(type, (key, value: unknown) =>
      key === "version" || key === "committedAt" || key === "isTimeval" ? undefined : value,
    ),
  );

/** Attributes of an object that come back from their JSON. */
function checkObject(object: H5Object): number {
  const text = Buffer.concat([...attributesJson(object)]);
  const heap = new MemoryHeap(object.file);
  const known = (name: string) => {
    const stored = object.attribute(name)?.datatype;
    return stored === undefined
      ? undefined
      : { type: { stored, meant: meantDatatype(object, stored) }, text: () => new Uint8Array(0) };
  };
  let count = 0;
  for (const found of parseAttributesJson(text, known, heap)) {
    if ("stays" in found) continue;
    const attribute = object.attribute(found.name);
    assert.ok(attribute !== undefined);
    const where = `${object.path}@${found.name}`;
    assert.deepEqual(found.datatype, attribute.datatype, where);
    if (attribute.dataspace.kind === "null" || found.dataspace.kind === "null") {
      assert.equal(found.dataspace.kind, attribute.dataspace.kind);
    } else {
      assert.deepEqual(found.dataspace.dims, attribute.dataspace.dims, where);
      const stored = values(attribute.datatype, attribute.bytes(), heapOf(object.file));
      assert.deepEqual(values(found.datatype, found.data, heap.resolver()), stored, where);
    }
    const again = parseTypeJson(JSON.parse(JSON.stringify(typeJson(attribute.datatype))), heap.sizeOfOffsets);
    assert.deepEqual(plain(again), plain(attribute.datatype), where);
    count++;
  }
  return count;
}

describe("attributes from their JSON", () => {
  it("are those of the fixtures, with their types", () => {
    let count = 0;
    for (const folder of ["engine", "pytables", "writers", "cli"]) {
      for (const path of hdf5Files(join(projectRoot(), "test/data", folder))) {
        const file = H5File.open(path);
        count += checkObject(file.root);
        for (const { address } of walkObjects(file.root)) {
          try {
            count += checkObject(file.object(address));
          } catch (error) {
            if (!(error instanceof H5Error) || error.kind === "argument") throw error;
          }
        }
        file.close();
      }
    }
    assert.ok(count > 500, `${count}`);
  });

  const heap: HeapWriter = {
    sizeOfOffsets: 8,
    insert: () => ({ collection: 1, index: 1 }),
    object: () => assert.fail(),
  };
  /** @param known the texts of attributes that are there, whose types cannot be read */
  const parse = (text: string, known = new Map<string, string>()) =>
    parseAttributesJson(
      encodeText(text),
      (name) => {
        const before = known.get(name);
        return before === undefined ? undefined : { type: undefined, text: () => encodeText(before) };
      },
      heap,
    );

  it("stay as they are where their text does, whatever is in it", () => {
    assert.deepEqual(parse('{"a": {"type": "what?"}}', new Map([["a", '{"type": "what?"}']])), [
      { name: "a", stays: true },
    ]);
  });

  it("can be new", () => {
    const [a, b, c] = parse(
      '{"a": {"value": [1, 2], "type": "big-endian int16", "shape": [2]},\n "b": {"error": "x"},"c":{"type":"bool","shape":null,"value":null}}',
      new Map([["b", "damaged"]]),
    );
    assert.ok(a !== undefined && !("stays" in a));
    assert.deepEqual([...a.data], [0, 1, 0, 2]);
    assert.deepEqual(b, { name: "b", stays: true });
    assert.ok(c !== undefined && !("stays" in c) && c.dataspace.kind === "null");
    assert.deepEqual(parse("{}"), []);
  });

  it("or are refused with line and column", () => {
    const refuses = (text: string, message: RegExp): void =>
      assert.throws(
        () => parse(text),
        (error) => {
          assert.ok(error instanceof H5Error && error.kind === "argument", `${error}`);
          assert.match(error.message, message);
          return true;
        },
      );
    refuses('{"a": 5}', /^line 1, column 7: "5}" where \{ was expected/);
    refuses('{"a": {"type": "int32", "value": 1}}', /^line 1, column 7: the attribute "a" has no shape/);
    refuses('{"a": {"type": "int31", "shape": [], "value": 1}}', /column 16: the type: "int31" is no name of a type/);
    refuses('{"a": {"type": "int8", "shape": [],\n"value": 300}}', /^line 2, column 10: "300" does not fit/);
    refuses('{"a": {"type": "int8", "shape": [2], "value": [1]}}', /a list has 1 values, expected 2/);
    refuses('{"a": {"type": "int8", "shape": [1e9], "value": []}}', /has 1000000000 bytes/);
    refuses('{"a": {"type": {"class": "opaque", "size": 3}, "shape": [], "value": ""}}', /the type: tag is missing/);
    refuses('{"a": {"type": {"class": "x"}, "shape": [], "value": ""}}', /the type: "x" is no class/);
    refuses(
      '{"a": {"type": {"class": "compound", "size": 4, "members": [{"name": "a", "offset": 1, "type": "int32"}]}, "shape": [], "value": {}}}',
      /the member "a" ends behind 4 bytes/,
    );
    refuses(
      '{"a": {"type": {"class": "opaque", "size": 3, "tag": "", "x": 1}, "shape": [], "value": ""}}',
      /the type: x is not known/,
    );
    refuses('{"a": {"error": ""}}', /column 7: there is no attribute "a" that could stay as it is/);
    refuses(
      '{"a": {"type": "int8", "shape": [], "value": 1}, "a": {"error": ""}}',
      /column 50: the attribute "a" is there twice/,
    );
    refuses('{"a": {"type": "int8", "shape": [], "value": 1', /the text ends where/);
  });
});
