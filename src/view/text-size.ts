import type { Datatype } from "../format/datatype.ts";

/** What a value with a text of no known length is taken for. */
const UNKNOWN = 32;

/** A guess at the bytes of text that an element becomes, the separator included. Only the size of the work depends on it. */
export function guessTextSize(type: Datatype): number {
  switch (type.class) {
    case "integer":
    case "time":
      return 2 + Math.ceil(type.size * 1.2);
    case "float":
      return 2 + 2 * type.size;
    case "enum":
      return 8;
    case "bitfield":
    case "opaque":
      return 3 + 2 * type.size;
    case "string":
      return 1 + type.size;
    case "reference":
    case "vlen":
      return UNKNOWN;
    case "array":
      return Math.max(1, guessTextSize(type.base) * type.dims.reduce((product, dim) => product * dim, 1));
    case "compound":
      return Math.max(
        1,
        type.members.reduce((sum, member) => sum + guessTextSize(member.type), 0),
      );
  }
}
