import type { Datatype } from "../format/datatype.ts";

/**
 * Strings that are called ASCII hold UTF-8 as often: PyTables and pandas call all of theirs so, and h5py and NumPy take any
 * bytes. They are shown as they are, and so they are read back.
 */
export function withAnyCharacter(type: Datatype): Datatype {
  const isString = type.class === "string" || (type.class === "vlen" && type.kind === "string");
  return isString && type.charset === "ascii" ? { ...type, charset: "utf-8" } : type;
}
