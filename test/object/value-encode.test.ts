import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { RangeReader } from "../../src/chunk/read-range.ts";
import { H5Error } from "../../src/errors.ts";
import type { Datatype } from "../../src/format/datatype.ts";
import { integerType } from "../../src/object/datatypes.ts";
import { H5File } from "../../src/object/file.ts";
import { referredObject } from "../../src/object/referred-object.ts";
import type { Storable } from "../../src/object/storable.ts";
import { stringEnd } from "../../src/object/text/string-text.ts";
import { decodeElement } from "../../src/object/value.ts";
import { encodeElement, encodeElements, flattenValues, type HeapWriter } from "../../src/object/value-encode.ts";
import { readFloat, toDouble } from "../../src/object/value-float.ts";
import { heapBeside, heapOf as heapOfFile } from "../../src/object/value-heap.ts";
import { readBits, writeBits } from "../../src/object/value-integer.ts";
import { walkObjects } from "../../src/object/walk.ts";
import { assertRefused } from "../support/error-kind.ts";
import { corpusRoot, hdf5Files, projectRoot } from "../support/project.ts";
import {
  array,
  boolean,
  compound,
  enumeration,
  float,
  float16,
  float32,
  float64,
  integer,
  opaque,
  reference,
  string,
  vlen,
  vlenString,
  x87,
} from "./datatypes.ts";

/** A global heap in memory, whose collection 1 holds all. */
class MemoryHeap implements HeapWriter {
  readonly sizeOfOffsets: number;
  readonly #values: Uint8Array[] = [];
  readonly object: HeapWriter["object"];

  constructor(sizeOfOffsets = 8, object: HeapWriter["object"] = () => assert.fail("no object is asked for")) {
    this.sizeOfOffsets = sizeOfOffsets;
    this.object = object;
  }

  insert(bytes: Uint8Array): { collection: number; index: number } {
    this.#values.push(bytes.slice());
    return { collection: 1, index: this.#values.length };
  }

  /** The value that an element of the only collection has. */
  value(index: number): Uint8Array {
    return this.#values[index - 1] ?? assert.fail(`no value ${index}`);
  }
}

const encode = (type: Datatype, value: Storable): number[] => [...encodeElement(type, value, new MemoryHeap())];
const refuses = (type: Datatype, value: Storable, message: RegExp): void => {
  assertRefused(() => encode(type, value), message);
};

describe("values are encoded", () => {
  it("as integers of any layout, or refused", () => {
    assert.deepEqual(encode(integer(2, true, "big"), -2), [0xff, 0xfe]);
    assert.deepEqual(encode(integer(8, false), 2n ** 64n - 1n), Array(8).fill(0xff));
    assert.deepEqual(encode(integer(8), -1e18), [...new Uint8Array(BigInt64Array.of(-(10n ** 18n)).buffer)]);
    assert.deepEqual(encode(integer(4, true, "vax"), 0x01020304), [2, 1, 4, 3]);
    const odd: Datatype = { ...integer(4), precision: 12, bitOffset: 5, lowPadding: "one", highPadding: "one" };
    assert.deepEqual(encode(odd, -1), [0xff, 0xff, 0xff, 0xff]);
    assert.deepEqual(encode(odd, 0), [0x1f, 0x00, 0xfe, 0xff]);
    assert.deepEqual(encode({ ...integer(16, false), precision: 128 }, 2n ** 127n), [...Array(15).fill(0), 0x80]);
    refuses(integer(1), 128, /128 does not fit into int8, -128 to 127/);
    refuses(integer(1, false), -1, /does not fit into uint8/);
    refuses(integer(8), 2n ** 63n, /does not fit/);
    refuses(odd, 2048, /-2048 to 2047/);
    for (const value of [Number.NaN, 1.5, "1", true, null, [1]]) refuses(integer(4), value, /is not an integer/);
  });

  it("from typed arrays of floats into integers without their fractions, as HDF5 converts them, but never clipped", () => {
    const bytes = encodeElements(integerType(2, true, "big"), Float64Array.of(1.9, -1.9, -0.5, 32767.9, -32768.5));
    assert.deepEqual(
      [0, 2, 4, 6, 8].map((at) => Buffer.from(bytes).readInt16BE(at)),
      [1, -1, 0, 32767, -32768],
    );
    assert.deepEqual([...encodeElements(integerType(1, false), Float32Array.of(255.5, -0.9))], [255, 0]);
    for (const value of [32768, -32769, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => encodeElements(integerType(2, true), Float64Array.of(0, value)), /element 1: /);
    }
    assert.throws(() => encodeElements(integerType(2, true), [1.5]), /1.5 is not an integer/);
  });

  it("as floats of any layout, rounded to the nearest", () => {
    assert.deepEqual(encode(float32, 0.1), [...new Uint8Array(Float32Array.of(0.1).buffer)]);
    assert.deepEqual(encode(float16, 65504), [0xff, 0x7b]);
    assert.deepEqual(encode(float16, -(2 ** -24)), [0x01, 0x80]);
    assert.deepEqual(encode(float16, 2 ** -25), [0, 0], "half of the smallest is a tie, to even");
    assert.deepEqual(encode(float16, 65519.99), [0xff, 0x7b]);
    refuses(float16, 65520, /65520: a number is too large for float16/);
    refuses(float32, 3.5e38, /too large/);
    refuses(float64, 2n ** 1024n, /too large/);
    refuses(float64, "1.5", /is not a number/);
    assert.deepEqual(encode(float32, Number.POSITIVE_INFINITY), [0, 0, 0x80, 0x7f]);
    assert.deepEqual(encode(float(2, 8), Number.NaN), [0xc0, 0x7f], "bfloat16");
    assert.deepEqual(encode(x87, 1), [0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f, 0, 0, 0, 0, 0, 0]);
    assert.deepEqual(encode(x87, Number.NaN).slice(7, 10), [0xc0, 0xff, 0x7f]);
    assert.deepEqual(encode(float64, 2n ** 53n + 1n), [...new Uint8Array(Float64Array.of(2 ** 53).buffer)]);
  });

  it("as floats, as the processor rounds them", () => {
    // A layout of no name takes the general way: the bits are float32's, but turned round.
    const general: Datatype = { ...float32, order: "vax" };
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => {
        const rounded = Math.fround(value);
        if (!Number.isFinite(rounded) && Number.isFinite(value)) {
          assert.throws(() => encode(general, value), /too large/);
          return;
        }
        const bits = readBits(Uint8Array.from(encode(general, value)), 0, 4, "vax");
        assert.equal(bits, BigInt(new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0));
      }),
    );
    const wide = float(16, 15);
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => {
        const bytes = encodeElement(wide, value);
        assert.ok(Object.is(toDouble(readFloat(bytes, 0, wide)), value));
      }),
    );
  });

  it("as strings that read back the same, or refused", () => {
    assert.deepEqual(encode(string(4), "ab"), [0x61, 0x62, 0, 0]);
    assert.deepEqual(encode(string(2, "null-terminated"), "ab"), [0x61, 0x62], "as PyTables fills them");
    assert.deepEqual(encode(string(3, "space-padded"), "é"), [0xc3, 0xa9, 0x20]);
    assert.deepEqual(encode(string(2), "\udcff"), [0xff, 0]);
    refuses(string(2), "éa", /has 3 bytes, more than the 2/);
    refuses(string(4), "a\0", /holds NUL/);
    refuses(string(4, "null-terminated"), "a\0b", /holds NUL/);
    refuses(string(4, "space-padded"), "a ", /ends with blanks/);
    refuses({ ...string(4), charset: "ascii" }, "é", /is not ASCII/);
    refuses(string(4), "\ud800", /surrogate/);
    refuses(string(4), 5, /5 is not a string/);
    refuses(vlenString, "a\0b", /NUL/);
    assert.deepEqual(encode(vlenString, null), Array(16).fill(0));
    assert.deepEqual(encode(vlenString, "é").slice(0, 5), [2, 0, 0, 0, 1]);
  });

  it("as enumerations, opaque data, references", () => {
    assert.deepEqual(encode(enumeration({ RED: 7 }), "RED"), [7]);
    assert.deepEqual(encode(enumeration({ RED: 7 }), 8), [8]);
    assert.deepEqual(encode(boolean, true), [1]);
    refuses(enumeration({ RED: 7 }), "BLUE", /"BLUE" is none of the names of the enumeration: RED/);
    refuses(enumeration({ RED: 7 }), 300, /does not fit/);
    refuses(enumeration({ RED: 7 }), true, /true is not an integer/);
    assert.deepEqual(encode(opaque(2), Uint8Array.of(1, 2)), [1, 2]);
    refuses(opaque(2), Uint8Array.of(1), /1 bytes of opaque data, expected 2/);
    const group = { address: 0x1a40, dims: undefined, hasAttribute: () => false };
    const heap = new MemoryHeap(8, (path) => (path === "/g" ? group : assert.fail(path)));
    assert.deepEqual([...encodeElement(reference, "/g", heap)], [0x40, 0x1a, 0, 0, 0, 0, 0, 0]);
    assert.throws(() => encodeElement(reference, "/g"), /no heap/);
  });

  it("nested, and errors say where", () => {
    const type = compound({ a: integer(1), m: array(integer(1), 2, 2), v: vlen("sequence", integer(2)) });
    const heap = new MemoryHeap();
    const value = {
      a: 9,
      m: [
        [1, 2],
        [3, 4],
      ],
      v: [5, 6],
    };
    const bytes = encodeElement(type, value, heap);
    // The number of the heap's value is behind that of the elements and the address.
    const inHeap = (stored: Uint8Array) =>
      heap.value(new DataView(stored.buffer, stored.byteOffset).getUint32(12, true));
    const again = decodeElement(type, bytes, 0, { vlen: inHeap, path: () => undefined });
    assert.equal(JSON.stringify(again), JSON.stringify(value));
    refuses(type, { ...value, a: 200 }, /member "a": 200 does not fit/);
    refuses(type, { ...value, m: [[1, 2], [3]] }, /member "m": a list of 1 values, expected 2 in dimension 1/);
    refuses(type, { ...value, v: [1, 70_000] }, /member "v": element 1: 70000 does not fit/);
    refuses(type, { a: 1 }, /the member "m" is missing/);
    refuses(type, { ...value, b: 1 }, /there is no member "b", only a, m, v/);
    assert.throws(() => encodeElements(integer(1), [1, 2, 300]), /element 2: 300 does not fit/);
    assert.deepEqual(flattenValues([new Int8Array([1, 2]), [3, 4]], [2, 2]), [1, 2, 3, 4]);
  });
});

/** The same element with zeros where nothing is said: padding, gaps, what follows a string's end, a NaN's payload. */
function essence(type: Datatype, bytes: Uint8Array, at: number, out: Uint8Array): void {
  switch (type.class) {
    case "integer":
    case "bitfield": {
      const mask = ((1n << BigInt(type.precision)) - 1n) << BigInt(type.bitOffset);
      writeBits(out, at, type.size, type.order, readBits(bytes, at, type.size, type.order) & mask);
      return;
    }
    case "float": {
      if (readFloat(bytes, at, type).kind === "nan") return;
      const mask = ((1n << BigInt(type.precision)) - 1n) << BigInt(type.bitOffset);
      writeBits(out, at, type.size, type.order, readBits(bytes, at, type.size, type.order) & mask);
      return;
    }
    case "string": {
      const end = stringEnd(bytes, at, at + type.size, type.padding);
      out.set(bytes.subarray(at, end), at);
      return;
    }
    case "compound":
      for (const member of type.members) essence(member.type, bytes, at + member.offset, out);
      return;
    case "array":
      for (let i = 0; i < type.size; i += type.base.size) essence(type.base, bytes, at + i, out);
      return;
    default:
      out.set(bytes.subarray(at, at + type.size), at);
  }
}

function isPlain(type: Datatype): boolean {
  switch (type.class) {
    case "vlen":
      return false;
    case "reference":
      return type.kind === "object";
    case "compound":
      return type.members.every((member) => isPlain(member.type));
    case "array":
      return isPlain(type.base);
    default:
      return true;
  }
}

/** What values cannot say: more bits than a double has, and what is not decoded either. */
function isBeyond(type: Datatype): boolean {
  switch (type.class) {
    case "float":
      return type.mantissaSize > 53;
    case "compound":
      return type.members.some((member) => isBeyond(member.type));
    case "array":
    case "vlen":
    case "enum":
      return isBeyond(type.base);
    default:
      return false;
  }
}

class RoundTrip {
  elements = 0;
  readonly #file: H5File;

  constructor(file: H5File) {
    this.#file = file;
  }

  check(type: Datatype, bytes: Uint8Array, where: string): void {
    if (isBeyond(type)) return;
    const stored = heapOfFile(this.#file);
    const heap = new MemoryHeap(this.#file.context.sizeOfOffsets, (path) => referredObject(this.#file, path));
    const resolver = heapBeside(this.#file, (_, index) => heap.value(index));
    const end = Math.min(bytes.length, PART * type.size);
    for (let at = 0; at + type.size <= end; at += type.size) {
      let value: Storable;
      try {
        value = decodeElement(type, bytes, at, stored);
      } catch (error) {
        // What cannot be read is not there.
        if (!(error instanceof H5Error)) throw error;
        return;
      }
      const again = encodedUnlessRefused(type, value, heap);
      if (again === undefined) continue;
      this.elements++;
      if (isPlain(type)) {
        const [expected, found] = [new Uint8Array(type.size), new Uint8Array(type.size)];
        essence(type, bytes.subarray(at, at + type.size), 0, expected);
        essence(type, again, 0, found);
        if (Buffer.compare(found, expected) !== 0) assert.deepEqual(found, expected, where);
      } else {
        assert.deepEqual(decodeElement(type, again, 0, resolver), value, where);
      }
    }
  }
}

/** `undefined`: a region with steps, or a reference that leads to nothing in the file, which are not written. */
function encodedUnlessRefused(type: Datatype, value: Storable, heap: HeapWriter): Uint8Array | undefined {
  try {
    return encodeElement(type, value, heap);
  } catch (error) {
    const isReference = error instanceof H5Error && /regions with steps|no reference can lead to/.test(error.message);
    if (isReference) return undefined;
    throw error;
  }
}

/** Elements of a dataset or attribute that are looked at. */
const PART = 100;

function roundTripFile(path: string): number {
  let file: H5File;
  try {
    file = H5File.open(path);
  } catch (error) {
    if (!(error instanceof H5Error)) throw error;
    return 0;
  }
  const trip = new RoundTrip(file);
  const guarded = (read: () => { type: Datatype; bytes: Uint8Array }, where: string): void => {
    let found: { type: Datatype; bytes: Uint8Array };
    try {
      found = read();
    } catch (error) {
      if (!(error instanceof H5Error)) throw error;
      return;
    }
    trip.check(found.type, found.bytes, `${path} ${where}`);
  };
  const visit = (address: number, name: string): void => {
    let object: ReturnType<H5File["object"]>;
    try {
      object = file.object(address, name);
    } catch (error) {
      if (!(error instanceof H5Error)) throw error;
      return;
    }
    guarded(() => {
      for (const attribute of object.attributes()) {
        guarded(() => ({ type: attribute.datatype, bytes: attribute.bytes() }), `${name}@${attribute.name}`);
      }
      return { type: integer(1), bytes: new Uint8Array(0) };
    }, name);
    if (object.kind !== "dataset") return;
    const dataset = object;
    guarded(() => {
      const size = dataset.elementCount * dataset.elementSize;
      const most = Math.min(size, PART * dataset.elementSize);
      return { type: dataset.datatype, bytes: new RangeReader().read(dataset, name, 0, most) };
    }, name);
  };
  visit(file.superblock.rootAddress, "/");
  for (const { address, name } of walkObjects(file.root)) visit(address, name);
  file.close();
  return trip.elements;
}

describe("elements that are decoded and encoded again are the same bytes", () => {
  const places = [join(projectRoot(), "test/data"), corpusRoot()].filter((place) => place !== undefined);
  for (const place of places) {
    it(place === places[0] ? "in the fixtures" : "in the corpus", function () {
      this.timeout(60_000);
      const elements = hdf5Files(place).reduce((sum, path) => sum + roundTripFile(path), 0);
      assert.ok(elements > 5000, `${elements}`);
    });
  }
});
