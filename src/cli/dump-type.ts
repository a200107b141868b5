import type { Datatype, EnumType, FloatType } from "../format/datatype.ts";
import { integerLayout, readInteger } from "../object/value-integer.ts";

/** A datatype as `h5fs dump --json` describes it: what libhdf5's H5Dget_type tells, so with sizes and offsets in memory. */
export interface TypeDescription {
  readonly class: string;
  readonly itemsize: number;
  readonly order?: "LE" | "BE" | "other";
  readonly signed?: boolean;
  readonly variable?: boolean;
  readonly charset?: "ascii" | "utf-8";
  readonly members?: readonly (TypeDescription & { readonly name: string; readonly offset: number })[];
  readonly base?: TypeDescription;
  readonly dims?: readonly number[];
  /** Values as JSON numbers: `bigint` where a number would not be exact. */
  readonly enum?: ReadonlyMap<string, bigint>;
}

/** What libhdf5 has in memory for elements that are addresses in the file, in bytes on a 64-bit machine. */
const MEMORY_SIZE = {
  vlenString: 8, // char *
  vlenSequence: 16, // hvl_t
  objectReference: 8, // hobj_ref_t
  regionReference: 12, // hdset_reg_ref_t
  standardReference: 64, // H5R_ref_t
};

export function describeType(type: Datatype): TypeDescription {
  const itemsize = memorySize(type);
  switch (type.class) {
    case "integer":
      return { class: type.class, itemsize, order: orderOf(type), signed: type.signed };
    case "float":
    case "bitfield":
      return { class: type.class, itemsize, order: orderOf(type) };
    case "string":
      return { class: type.class, itemsize, variable: false, charset: type.charset };
    case "time":
    case "opaque":
    case "reference":
      return { class: type.class, itemsize };
    case "compound":
      return { class: type.class, itemsize, members: describeMembers(type) };
    case "enum":
      return { class: type.class, itemsize, base: describeType(type.base), enum: enumValues(type) };
    case "vlen":
      return type.kind === "string"
        ? { class: "string", itemsize, variable: true, charset: type.charset }
        : { class: type.class, itemsize, base: describeType(type.base) };
    case "array":
      return { class: type.class, itemsize, base: describeType(type.base), dims: type.dims };
  }
}

/** True if elements are plain bytes: no variable-length data and no references anywhere inside. */
export function isPlain(type: Datatype): boolean {
  switch (type.class) {
    case "vlen":
    case "reference":
      return false;
    case "compound":
      return type.members.every((member) => isPlain(member.type));
    case "array":
      return isPlain(type.base);
    default:
      return true;
  }
}

/** Bytes of an element in memory: not those in the file where it holds addresses. */
export function memorySize(type: Datatype): number {
  switch (type.class) {
    case "vlen":
      return type.kind === "string" ? MEMORY_SIZE.vlenString : MEMORY_SIZE.vlenSequence;
    case "reference":
      if (type.kind === "object") return MEMORY_SIZE.objectReference;
      return type.kind === "region" ? MEMORY_SIZE.regionReference : MEMORY_SIZE.standardReference;
    case "array":
      return type.dims.reduce((product, dim) => product * dim, memorySize(type.base));
    case "compound":
      return type.members.reduce((size, { type: member }) => size + memorySize(member) - member.size, type.size);
    default:
      return type.size;
  }
}

/** Members that grow or shrink move those behind them; where there may be such, libhdf5 sorts the members by offset. */
function describeMembers(type: Extract<Datatype, { class: "compound" }>) {
  const members = isPlain(type) ? type.members : [...type.members].sort((a, b) => a.offset - b.offset);
  let moved = 0;
  return members.map((member) => {
    const offset = member.offset + moved;
    moved += memorySize(member.type) - member.type.size;
    return { name: member.name, offset, ...describeType(member.type) };
  });
}

function orderOf({ order }: Pick<FloatType, "order">): "LE" | "BE" | "other" {
  if (order === "vax") return "other";
  return order === "little" ? "LE" : "BE";
}

function enumValues({ base, members }: EnumType): ReadonlyMap<string, bigint> {
  if (base.class !== "integer") throw new TypeError("an enumeration is of integers");
  const layout = integerLayout(base);
  return new Map(members.map(({ name, value }) => [name, readInteger(value, 0, layout)]));
}
