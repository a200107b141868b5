import type { Datatype, FloatType } from "../format/datatype.ts";
import { encodeText } from "../format/text.ts";
import { bounded, type Writer } from "../object/text/cell.ts";
import { type NonFiniteText, nonFiniteText } from "../object/text/float-text.ts";
import { FLOAT_ROOM, Float64Text } from "../object/text/float64.ts";
import { putAscii, putUnsigned } from "../object/text/integer.ts";
import { floatFormat } from "../object/value-float.ts";
import type { ExponentStyle, FloatStyle } from "./csv-style.ts";

const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;
const COMMA = 0x2c;

/** With more decimals, an integer of them is no longer exact in a double. */
const MAX_DECIMALS = 15;
const MAX_EXACT = 2 ** 53;
/** Number.prototype.toFixed has an exponent from here on. */
const MAX_FIXED = 1e21;
/** Digits of a mantissa that there is room for; a double has at most 17 that tell it apart. */
const MAX_MANTISSA = 40;

/** Digits of a double, a sign, and zeros on either side, as far as they are written without an exponent. */
const ROOM = 64;

/** Between these, no style has an exponent. */
const NEVER_BELOW = 1e-3;
const ALWAYS_BELOW = 1e5;

/** The floats that have a style. */
export function isFloat64(type: Datatype): type is FloatType {
  return type.class === "float" && floatFormat(type) === "binary64" && type.order !== "vax";
}

/** IEEE float64 in a style. What the style does not hold is in the fewest digits that read back: no value is ever rounded. */
export function styledFloatWriter({ order }: FloatType, style: FloatStyle, nonFinite: NonFiniteText): Writer {
  const little = order === "little";
  const put = style.scientific === true ? putScientific(style) : putPlain(style);
  const width = Math.max(
    ROOM,
    ...[nonFinite.nan, nonFinite.negativeInfinity].map((text) => encodeText(text).length + 4),
  );
  return bounded(width, ({ view }, at, out, start) => {
    const value = view.getFloat64(at, little);
    if (value - value !== 0) return putAscii(out, start, nonFiniteText(value, nonFinite));
    const end = put(view, at, little, out, start);
    if (style.point === ",") commaForPoint(out, start, end);
    return end;
  });
}

/** Writes the finite number whose bytes begin at `at`. */
type PutFloat = (view: DataView, at: number, little: boolean, out: DataView, start: number) => number;

function putPlain(style: FloatStyle): PutFloat {
  const shortest = new Float64Text();
  const decimals = Math.min(style.decimals ?? 0, MAX_DECIMALS);
  const scale = 10 ** decimals;
  const isBare = style.whole === "bare";
  const scratch = new DataView(new ArrayBuffer(FLOAT_ROOM));
  return (view, at, little, out, start) => {
    const value = view.getFloat64(at, little);
    const size = Math.abs(value);
    if (decimals > 0) {
      const scaled = Math.round(size * scale);
      const isNegative = value < 0 || Object.is(value, -0);
      if (scaled < MAX_EXACT && scaled / scale === size) {
        if (isNegative) out.setUint8(start, MINUS);
        return putFixed(out, isNegative ? start + 1 : start, scaled, scale, decimals);
      }
      const text = size < MAX_FIXED ? size.toFixed(decimals) : "";
      if (Number(text) === size) return putAscii(out, start, isNegative ? `-${text}` : text);
    }
    if (size !== 0 && (size < NEVER_BELOW || size >= ALWAYS_BELOW)) {
      const end = shortest.put(view, at, little, scratch, 0);
      return putAscii(out, start, arranged(Buffer.from(scratch.buffer, 0, end).toString("latin1"), style));
    }
    const end = shortest.put(view, at, little, out, start);
    return isBare && out.getUint8(end - 1) === ZERO && out.getUint8(end - 2) === POINT ? end - 2 : end;
  };
}

/** Numbers that all have an exponent. */
function putScientific({ decimals = 0, exponent }: FloatStyle): PutFloat {
  return (view, at, little, out, start) => {
    const value = view.getFloat64(at, little);
    const fixed = value.toExponential(Math.min(decimals, MAX_MANTISSA));
    const text = Number(fixed) === value ? fixed : value.toExponential();
    const [mantissa = "", power = "0"] = text.split("e");
    const sign = Object.is(value, -0) ? "-" : "";
    return putAscii(out, start, `${sign}${mantissa}${exponentText(Number(power), exponent)}`);
  };
}

function exponentText(power: number, { digits, letter }: ExponentStyle): string {
  return `${letter}${power < 0 ? "-" : "+"}${`${Math.abs(power)}`.padStart(digits, "0")}`;
}

function commaForPoint(out: DataView, start: number, end: number): void {
  for (let at = start; at < end; at++) if (out.getUint8(at) === POINT) out.setUint8(at, COMMA);
}

/** `scaled` / `scale`, with all its decimals. */
function putFixed(out: DataView, at: number, scaled: number, scale: number, decimals: number): number {
  const whole = Math.floor(scaled / scale);
  let to = putUnsigned(out, at, whole);
  out.setUint8(to++, POINT);
  let rest = scaled - whole * scale;
  for (let i = decimals - 1; i >= 0; i--) {
    const next = Math.floor(rest / 10);
    out.setUint8(to + i, ZERO + (rest - next * 10));
    rest = next;
  }
  return to + decimals;
}

/** A number as Python writes it, in another style. */
function arranged(text: string, style: FloatStyle): string {
  const [, sign = "", whole = "", fraction = "", power = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:e(.*))?$/.exec(text) ?? [];
  const written = `${whole}${fraction}`;
  const digits = written.replace(/^0+/, "").replace(/0+$/, "");
  const leading = written.length - written.replace(/^0+/, "").length;
  const pointAt = whole.length - leading + Number(power);
  return (
    sign +
    (hasExponent(digits.length, pointAt, style.exponent)
      ? scientific(digits, pointAt, style.exponent)
      : plain(digits, pointAt, style))
  );
}

function hasExponent(digits: number, pointAt: number, { when }: ExponentStyle): boolean {
  if (when !== "shorter") return pointAt > when.above || pointAt <= when.below;
  // R counts characters: of the number as it is, and of one digit, a point, the others, `e`, a sign and the exponent.
  const decimals = Math.max(0, digits - pointAt);
  const asIs = Math.max(1, pointAt) + (decimals > 0 ? 1 + decimals : 0);
  const exponent = digits + (digits > 1 ? 1 : 0) + 2 + Math.max(2, `${Math.abs(pointAt - 1)}`.length);
  return asIs > exponent;
}

function scientific(digits: string, pointAt: number, style: ExponentStyle): string {
  const mantissa = digits.length > 1 ? `${digits.slice(0, 1)}.${digits.slice(1)}` : digits;
  return mantissa + exponentText(pointAt - 1, style);
}

function plain(digits: string, pointAt: number, { whole }: FloatStyle): string {
  if (pointAt <= 0) return `0.${"0".repeat(-pointAt)}${digits}`;
  if (pointAt < digits.length) return `${digits.slice(0, pointAt)}.${digits.slice(pointAt)}`;
  return `${digits.padEnd(pointAt, "0")}${whole === "bare" ? "" : ".0"}`;
}
