import type { Datatype, EnumType, FloatType, IntegerType } from "../format/datatype.ts";
import { integerLayout, readInteger } from "./value-integer.ts";

/** What datatypes mean by convention: HDF5 itself has neither booleans nor (before 2.0) complex numbers. */

/** h5py's boolean: an enumeration of FALSE = 0 and TRUE = 1. */
export function isBoolean(type: Datatype): type is EnumType & { readonly base: IntegerType } {
  if (type.class !== "enum" || type.base.class !== "integer" || type.members.length !== 2) return false;
  const layout = integerLayout(type.base);
  return (
    type.members.every(
      ({ name, value }) =>
        (name === "FALSE" || name === "TRUE") && readInteger(value, 0, layout) === BigInt(name === "TRUE"),
    ) && type.members[0]?.name !== type.members[1]?.name
  );
}

/** The float of a complex number, as h5py and PyTables ({r, i}) and others ({real, imag}) store it, without padding. */
export function complexPart(type: Datatype): FloatType | undefined {
  if (type.class !== "compound" || type.members.length !== 2) return undefined;
  const [first, second] = type.members;
  if (first === undefined || second === undefined) return undefined;
  const names = `${first.name},${second.name}`;
  if (names !== "r,i" && names !== "real,imag") return undefined;
  if (first.offset !== 0 || second.offset !== first.type.size || type.size !== 2 * first.type.size) return undefined;
  const [re, im] = [first.type, second.type];
  return re.class === "float" && im.class === "float" && sameFloat(re, im) ? re : undefined;
}

function sameFloat(a: FloatType, b: FloatType): boolean {
  return (
    a.size === b.size &&
    a.order === b.order &&
    a.bitOffset === b.bitOffset &&
    a.precision === b.precision &&
    a.normalization === b.normalization &&
    a.signLocation === b.signLocation &&
    a.exponentLocation === b.exponentLocation &&
    a.exponentSize === b.exponentSize &&
    a.exponentBias === b.exponentBias &&
    a.mantissaLocation === b.mantissaLocation &&
    a.mantissaSize === b.mantissaSize
  );
}
