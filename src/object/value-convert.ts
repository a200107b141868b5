import { H5Error, UnsupportedError } from "../errors.ts";
import type { CompoundType, Datatype } from "../format/datatype.ts";
import { datatypeName } from "./datatype-name.ts";
import { refused, shown, within } from "./storable.ts";
import { decodeElement } from "./value.ts";
import { type ElementBytes, elementBytes } from "./value-bytes.ts";
import { numberConverter } from "./value-convert-number.ts";
import { elementEncoder, type HeapWriter } from "./value-encode.ts";
import type { HeapResolver } from "./value-heap.ts";

/** Writes the element at `at` of `from` to `to` of `out`, whose bytes are zero there. Made once for two datatypes. */
type ElementConverter = (from: ElementBytes, at: number, out: ElementBytes, to: number) => void;

/** Where variable-length data and references come from, and where they go. */
export interface ConversionHeaps {
  readonly source?: HeapResolver;
  readonly target?: HeapWriter;
}

/**
 * Elements of one datatype as elements of another, as libhdf5 converts them: numbers between all layouts (a float to an
 * integer loses its fraction, a number to a float is rounded), strings between lengths and paddings, enumerations by name,
 * compounds by the names of their members, arrays element by element. What does not fit is an error here, where libhdf5
 * clips: integers out of range, floats too large, NaN to an integer, strings too long.
 * @throws UnsupportedError where there is no conversion; H5Error "argument", the message beginning with the element's number
 */
export function convertElements(
  from: Datatype,
  to: Datatype,
  bytes: Uint8Array,
  heaps: ConversionHeaps = {},
): Uint8Array {
  const count = Math.floor(bytes.length / from.size);
  if (isSameType(from, to) && !leadsElsewhere(from)) return bytes.slice(0, count * from.size);
  const convert = elementConverter(from, to, heaps);
  const source = elementBytes(bytes);
  const out = elementBytes(new Uint8Array(count * to.size));
  let i = 0;
  try {
    for (; i < count; i++) convert(source, i * from.size, out, i * to.size);
  } catch (error) {
    throw within(`element ${i}`, error);
  }
  return out.bytes;
}

/** @throws UnsupportedError where there is no conversion */
function elementConverter(from: Datatype, to: Datatype, heaps: ConversionHeaps): ElementConverter {
  const numbers = numberConverter(from, to);
  if (numbers !== undefined) return numbers;
  if (from.class === "compound" && to.class === "compound") return compoundConverter(from, to, heaps);
  if (from.class === "array" && to.class === "array" && from.dims.join() === to.dims.join()) {
    const convert = elementConverter(from.base, to.base, heaps);
    const count = to.dims.reduce((product, dim) => product * dim, 1);
    return (source, at, out, start) => {
      for (let i = 0; i < count; i++) convert(source, at + i * from.base.size, out, start + i * to.base.size);
    };
  }
  if (from.class === "enum" && to.class === "enum") return enumConverter(from, to);
  const isSameKind = from.class === to.class || (isText(from) && isText(to));
  if (!isSameKind || from.class === "array") {
    throw new UnsupportedError(`there is no conversion of ${datatypeName(from)} to ${datatypeName(to)}`);
  }
  return valueConverter(from, to, heaps);
}

function isText(type: Datatype): boolean {
  return type.class === "string" || (type.class === "vlen" && type.kind === "string");
}

/** By way of values: strings, opaque data, references, sequences. */
function valueConverter(from: Datatype, to: Datatype, { source, target }: ConversionHeaps): ElementConverter {
  if (leadsElsewhere(from) && source === undefined) {
    throw new UnsupportedError(`${datatypeName(from)} is not converted here: what it refers to is not known`);
  }
  const heap: HeapResolver = source ?? { vlen: () => undefined, path: () => undefined };
  const encode = elementEncoder(to, target);
  return ({ bytes }, at, out, start) => encode(decodeElement(from, bytes, at, heap), out, start);
}

function enumConverter(
  from: Extract<Datatype, { class: "enum" }>,
  to: Extract<Datatype, { class: "enum" }>,
): ElementConverter {
  const key = (value: Uint8Array): string => Buffer.from(value).toString("latin1");
  const names = new Map(from.members.map(({ name, value }) => [key(value), name]));
  const values = new Map(to.members.map(({ name, value }) => [name, value]));
  return ({ bytes }, at, out, start) => {
    const name = names.get(key(bytes.subarray(at, at + from.size)));
    if (name === undefined) throw refused("a value of the enumeration has no name, by which it could be converted");
    const value = values.get(name);
    if (value === undefined) throw refused(`${shown(name)} is none of the names of the other enumeration`);
    out.bytes.set(value, start);
  };
}

function compoundConverter(from: CompoundType, to: CompoundType, heaps: ConversionHeaps): ElementConverter {
  const sources = new Map(from.members.map((member) => [member.name, member]));
  const members = to.members.map(({ name, offset, type }) => {
    const source = sources.get(name);
    if (source === undefined) throw new H5Error("argument", `there is no member ${shown(name)} to convert`);
    return { name, at: source.offset, to: offset, convert: elementConverter(source.type, type, heaps) };
  });
  return (source, at, out, start) => {
    for (const member of members) {
      try {
        member.convert(source, at + member.at, out, start + member.to);
      } catch (error) {
        throw within(`member ${shown(member.name)}`, error);
      }
    }
  };
}

/** True where elements are not the data: they refer to it. */
function leadsElsewhere(type: Datatype): boolean {
  switch (type.class) {
    case "vlen":
    case "reference":
      return true;
    case "array":
      return leadsElsewhere(type.base);
    case "compound":
      return type.members.some((member) => leadsElsewhere(member.type));
    default:
      return false;
  }
}

/** Whether elements of both are the same bytes. */
function isSameType(a: Datatype, b: Datatype): boolean {
  const stored = (_: string, value: unknown): unknown => (value instanceof Uint8Array ? [...value] : value);
  const text = (type: Datatype): string => JSON.stringify(withoutVersions(type), stored);
  return a === b || (a.class === b.class && a.size === b.size && text(a) === text(b));
}

/** How a type was stored says nothing of its elements. */
function withoutVersions(type: Datatype): object {
  const { version: _, committedAt: __, ...rest } = type;
  if (rest.class === "compound") {
    return { ...rest, members: rest.members.map((member) => ({ ...member, type: withoutVersions(member.type) })) };
  }
  return "base" in rest ? { ...rest, base: withoutVersions(rest.base) } : rest;
}
