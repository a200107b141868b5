import { UnsupportedError } from "../errors.ts";
import type { BitfieldType, EnumType, FloatType, IntegerType, OpaqueType, TimeType } from "../format/datatype.ts";
import { encodeText } from "../format/text.ts";
import type { ElementBytes } from "../object/value-bytes.ts";
import { integerLayout, integerRange, paddingOf, writeInteger, writeTimeval } from "../object/value-integer.ts";
import { isBoolean } from "../object/value-meaning.ts";
import { floatParser, integerParser, NumberText, refused } from "./parse-number.ts";

/** Types whose elements are one word: no string, nothing inside. */
export type ScalarType = IntegerType | TimeType | FloatType | EnumType | BitfieldType | OpaqueType;

/**
 * Writes the element whose text is [from, to) to `at`, where all bytes are zero.
 * @throws H5Error "argument" where the text is no value of the type
 */
export type ParseText = (text: Uint8Array, from: number, to: number, out: ElementBytes, at: number) => void;

/** The counterpart of how `plainWriter` writes such elements. Made once for a datatype. */
export function scalarParser(type: ScalarType): ParseText {
  switch (type.class) {
    case "integer":
      return integerParser(integerLayout(type), paddingOf(type));
    case "time":
      return type.isTimeval ? timevalParser(type) : integerParser(integerLayout(type), 0n);
    case "float":
      return floatParser(type);
    case "enum":
      return enumParser(type);
    case "bitfield":
      return bitfieldParser(type);
    case "opaque":
      return opaqueParser(type);
  }
}

const number = new NumberText();

/** Seconds with at most six decimals. */
function timevalParser({ order }: TimeType): ParseText {
  const little = order === "little";
  return (text, from, to, { view }, at) => {
    if (!number.scan(text, from, to) || number.kind !== "decimal") throw refused(text, from, to, "is not a number");
    const exact = number.toExact();
    if (exact.kind !== "finite" || (exact.numerator * 1_000_000n) % exact.denominator !== 0n) {
      throw refused(text, from, to, "has more than the six decimals that a time has");
    }
    const time = Number((exact.numerator * 1_000_000n) / exact.denominator);
    if (time >= 2 ** 31 * 1_000_000)
      throw refused(text, from, to, "does not fit into the 32 bits of seconds of a time");
    writeTimeval(view, at, little, exact.negative ? -time : time);
  };
}

/** Names; a value without a name as its number. */
function enumParser(type: EnumType): ParseText {
  if (type.base.class !== "integer") {
    throw new UnsupportedError(`an enumeration of the class ${type.base.class} is not supported`);
  }
  const boolean = isBoolean(type);
  const values = new Map<string, Uint8Array>();
  for (const { name, value } of type.members) {
    values.set(Buffer.from(encodeText(boolean ? name.toLowerCase() : name)).toString("latin1"), value);
  }
  const parseNumber = integerParser(integerLayout(type.base), paddingOf(type.base));
  return (text, from, to, out, at) => {
    const name = Buffer.from(text.buffer, text.byteOffset + from, to - from).toString("latin1");
    const value = values.get(boolean ? name.toLowerCase() : name);
    if (value !== undefined) {
      out.bytes.set(value, at);
      return;
    }
    if (!number.scan(text, from, to)) {
      throw refused(text, from, to, boolean ? "is neither true nor false" : `is none of the enumeration's names`);
    }
    parseNumber(text, from, to, out, at);
  };
}

/** `0x` and hexadecimal digits, or a decimal number. */
function bitfieldParser(type: BitfieldType): ParseText {
  const layout = integerLayout(type);
  const padding = paddingOf(type);
  const [, greatest] = integerRange(layout);
  const decimal = integerParser(layout, padding);
  return (text, from, to, out, at) => {
    const written = Buffer.from(text.subarray(from, to)).toString("latin1");
    if (!/^0x[0-9a-fA-F]{1,200}$/.test(written)) {
      decimal(text, from, to, out, at);
      return;
    }
    const value = BigInt(written);
    if (value > greatest) throw refused(text, from, to, `has more than the ${layout.precision} bits of a bitfield`);
    writeInteger(out.bytes, at, layout, padding, value);
  };
}

function opaqueParser({ size }: OpaqueType): ParseText {
  return (text, from, to, out, at) => {
    const written = Buffer.from(text.subarray(from, to)).toString("latin1");
    if (written.length !== 2 + 2 * size || !/^0x[0-9a-fA-F]*$/.test(written)) {
      throw refused(text, from, to, `is not 0x and the ${2 * size} hexadecimal digits of ${size} bytes`);
    }
    out.bytes.set(Buffer.from(written.slice(2), "hex"), at);
  };
}
