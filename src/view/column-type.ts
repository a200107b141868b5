import type { Datatype } from "../format/datatype.ts";
import { BOOLEAN, floatType, integerType, vlenStringType } from "../object/datatypes.ts";
import type { ColumnScan } from "./column-scan.ts";
import type { ColumnStyle } from "./csv-style.ts";
import { floatStyle, plainFloat } from "./float-style.ts";
import { textType } from "./text-type.ts";
import { BOOLEANS } from "./value-kind.ts";

/** What a column of a CSV text is, and how it is written. */
export interface ColumnType {
  readonly datatype: Datatype;
  readonly style: ColumnStyle;
}

/** Why a column cannot be written again as it is. */
export interface ColumnProblem {
  /** The first line that shows it. */
  readonly line: number;
  readonly problem: string;
  /** A column of the same values, which are written otherwise; without it there is none. */
  readonly instead?: ColumnType;
}

const INT64 = integerType(8, true);
const UINT64 = integerType(8, false);
const FLOAT64 = floatType(8);

/** The largest integer up to which a double holds all. */
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** @param sizeOfOffsets of addresses in the file that the dataset is for */
export function columnType(scan: ColumnScan, sizeOfOffsets: number): ColumnType | ColumnProblem {
  const { kinds, fields, seen } = scan;
  const { least, greatest, points } = scan.numbers;
  const numbers = kinds.integer + kinds.float + kinds.infinity;
  const pair = BOOLEANS.find((texts) => [...scan.booleans].every((text) => texts.some((each) => each === text)));
  if (kinds.boolean > 0 && kinds.boolean === fields && pair !== undefined) {
    return styled(scan, BOOLEAN, { booleans: pair });
  }
  const isNumeric = numbers + kinds.missing === fields && (numbers > 0 || (fields > 0 && seen.quotedEmpty === 0));
  if (!isNumeric || scan.missing.size > 1 || scan.infinities.size > 1 || points.size > 1)
    return textColumn(scan, sizeOfOffsets);
  const isWhole = kinds.integer === numbers;
  if (isWhole && kinds.missing === 0) {
    if (least >= -(2n ** 63n) && greatest < 2n ** 63n) return styled(scan, INT64, {});
    if (least >= 0n && greatest < 2n ** 64n) return styled(scan, UINT64, {});
    return textColumn(scan, sizeOfOffsets);
  }
  if (isWhole && (greatest > MAX_SAFE || least < -MAX_SAFE)) return textColumn(scan, sizeOfOffsets);
  return floatColumn(scan);
}

function floatColumn(scan: ColumnScan): ColumnType | ColumnProblem {
  const { seen } = scan;
  const [word] = scan.missing;
  const [infinity] = scan.infinities;
  const bareMissing = seen.bareEmpty || seen.bareMissing;
  const quotedMissing = seen.quotedEmpty || seen.quotedMissing;
  const missing = word === undefined || quotedMissing === 0 ? word : `"${word}"`;
  const style = {
    ...(missing === undefined ? {} : { missing }),
    ...(infinity === undefined ? {} : { infinity }),
  };
  const float = floatStyle(scan.numbers);
  if ("problem" in float) {
    const column = styled(scan, FLOAT64, { ...style, float: plainFloat(scan.numbers) });
    const instead = "problem" in column ? column.instead : column;
    return { ...float, ...(instead && { instead }) };
  }
  const column = styled(scan, FLOAT64, { ...style, float });
  if (bareMissing === 0 || quotedMissing === 0) return column;
  return mixed(Math.max(bareMissing, quotedMissing), "problem" in column ? column.instead : column);
}

/** A column of numbers or booleans, all in quotes or none. */
function styled(
  { seen }: ColumnScan,
  datatype: Datatype,
  style: Omit<ColumnStyle, "quoted">,
): ColumnType | ColumnProblem {
  if (seen.quoted > 0 && seen.bare > 0) {
    return mixed(Math.max(seen.quoted, seen.bare), { datatype, style: { quoted: "needed", ...style } });
  }
  return { datatype, style: { quoted: seen.quoted > 0 ? "always" : "needed", ...style } };
}

function mixed(line: number, instead: ColumnType | undefined): ColumnProblem {
  return { line, problem: "has fields with quotes and fields without", ...(instead && { instead }) };
}

/** Strings: as `textType` has them, unless some are missing: those are null strings. */
function textColumn(scan: ColumnScan, sizeOfOffsets: number): ColumnType | ColumnProblem {
  const { seen, fields } = scan;
  if (seen.nul > 0) return { line: seen.nul, problem: "has a NUL character" };
  if (seen.notUtf8 > 0) return { line: seen.notUtf8, problem: "is not UTF-8" };
  const vlen = vlenStringType(sizeOfOffsets);
  const { mostBytes, textBytes } = scan;
  const plain = textType({ count: fields, mostBytes, textBytes }, sizeOfOffsets);
  const noNull = plain.class === "string" ? {} : { bareEmpty: true as const };
  const instead: ColumnType = { datatype: plain, style: { quoted: "needed", ...noNull } };
  if (seen.bareNeedful > 0) {
    return { line: seen.bareNeedful, problem: "has a quote in a field without quotes", instead };
  }
  if (seen.quotedNeedless > 0 || seen.quotedMissing > 0) {
    if (seen.bare > 0) return mixed(Math.max(seen.bare, seen.quotedNeedless), instead);
    const word = [...scan.missing].filter((text) => text !== "");
    if (seen.bareMissing > 0) {
      // `NA` among strings in quotes is none of them.
      if (word.length > 1 || seen.quotedMissing > 0 || seen.bareEmpty > 0) return mixed(seen.bareMissing, instead);
      return { datatype: vlen, style: { quoted: "always", missing: word[0] ?? "" } };
    }
    if (seen.bareEmpty === 0) return { datatype: plain, style: { quoted: "always" } };
    if (seen.quotedEmpty > 0) return { datatype: vlen, style: { quoted: "always", missing: "" } };
    return { datatype: plain, style: { quoted: "present", ...noNull } };
  }
  if (seen.bareEmpty === 0) return { datatype: plain, style: { quoted: "needed" } };
  if (seen.quotedEmpty > 0) return { datatype: vlen, style: { quoted: "needed", missing: "" } };
  return { datatype: plain, style: { quoted: "needed", bareEmpty: true } };
}
