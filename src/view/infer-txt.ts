import { isUtf8 } from "node:buffer";
import { H5Error } from "../errors.ts";
import type { Datatype } from "../format/datatype.ts";
import { floatType, integerType } from "../object/datatypes.ts";
import { floatStyles } from "./float-style.ts";
import type { TextImport } from "./infer-json.ts";
import { NumberScan } from "./number-scan.ts";
import { isSpace, type Line, linesOf } from "./parse-txt.ts";
import { textType } from "./text-type.ts";
import type { TxtStyle } from "./txt-style.ts";
import { kindOf } from "./value-kind.ts";

const COMMA = 0x2c;
const MINUS = 0x2d;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const TAB = 0x09;

/** A plain text that a dataset can be shown as, and how it is written, where that is not as `txtFormat` writes it. */
export interface TxtImport extends TextImport {
  readonly style?: TxtStyle;
}

/** Columns of which each has its own numbers: further ones are as the last of them. */
const MAX_COLUMNS = 256;

/** Lines after which there is a pause. */
const STEP = 256;

/**
 * What dataset a plain text is, with pauses. Where every line has as many numbers as the others, those: int64 (or uint64) if
 * all are integers, else float64; empty lines between them, always after as many, are planes. Any other text is strings, a line each.
 * @param blocks the text, in pieces of any size @param sizeOfOffsets of addresses in the file that the dataset is for
 * @throws H5Error "argument" that begins with the line
 */
export function* inferTxtSteps(blocks: Iterable<Uint8Array>, sizeOfOffsets: number): Generator<undefined, TxtImport> {
  const numbers = new RowScan();
  const strings = new StringScan();
  let count = 0;
  let endsWithLine = true;
  for (const line of linesOf(blocks)) {
    endsWithLine = line.bytes[line.to] === NEWLINE;
    numbers.add(line);
    strings.add(line);
    if (++count % STEP === 0) yield;
  }
  if (count === 0) throw new H5Error("argument", "line 1: the text is empty");
  return numbers.result(endsWithLine) ?? strings.result(sizeOfOffsets, endsWithLine);
}

class RowScan {
  #isNone = false;
  /** Numbers of a line. */
  #columns: number | undefined;
  #rows = 0;
  /** Lines of each plane that has ended. */
  #perPlane: number | undefined;
  #inPlane = 0;
  #planes = 1;
  #floats = 0;
  #isNegative = false;
  #isBig = false;
  #delimiter: TxtStyle["delimiter"] = " ";
  #lineEnd: TxtStyle["lineEnd"] = "\n";
  /** By columns. */
  readonly #scans: NumberScan[] = [];

  add({ bytes, from, to }: Line): void {
    if (this.#isNone) return;
    let columns = 0;
    for (let at = from; ; ) {
      while (at < to && isSpace(bytes[at])) at++;
      if (at === to) break;
      const start = at;
      while (at < to && !isSpace(bytes[at])) at++;
      if (this.#rows === 0 && bytes[at] === TAB) this.#delimiter = "\t";
      if (!this.#addNumber(bytes, start, at, columns)) {
        this.#isNone = true;
        return;
      }
      columns++;
    }
    if (columns === 0) {
      this.#endPlane();
      return;
    }
    this.#columns ??= columns;
    if (columns !== this.#columns) this.#isNone = true;
    if (this.#rows++ === 0 && bytes[to - 1] === RETURN) this.#lineEnd = "\r\n";
    this.#inPlane++;
  }

  result(endsWithLine: boolean): TxtImport | undefined {
    const perPlane = this.#perPlane ?? this.#inPlane;
    if (this.#isNone || this.#columns === undefined || this.#inPlane !== perPlane) return undefined;
    const row = this.#columns === 1 && this.#planes === 1 ? [] : [this.#columns];
    const dims = this.#planes === 1 ? [this.#rows, ...row] : [this.#planes, perPlane, ...row];
    const datatype = this.#type();
    const style = { delimiter: this.#delimiter, lineEnd: this.#lineEnd, endsWithLine };
    const floats = datatype.class === "float" ? floatStyles(this.#scans) : [];
    if (floats.length > 0) return { datatype, dims, style: { ...style, floats } };
    const isPlain = this.#delimiter === " " && this.#lineEnd === "\n" && endsWithLine;
    return { datatype, dims, ...(isPlain ? {} : { style }) };
  }

  #endPlane(): void {
    this.#perPlane ??= this.#inPlane;
    if (this.#inPlane === 0 || this.#inPlane !== this.#perPlane) this.#isNone = true;
    this.#inPlane = 0;
    this.#planes++;
  }

  #addNumber(bytes: Uint8Array, from: number, to: number, column: number): boolean {
    const { kind, word } = kindOf(bytes, from, to, COMMA);
    const index = Math.min(column, MAX_COLUMNS - 1);
    this.#scans[index] ??= new NumberScan();
    if (kind === "integer" || kind === "float") this.#scans[index].add(bytes, from, to, 1);
    if (kind === "integer") {
      this.#isNegative ||= bytes[from] === MINUS;
      if (to - from > 18) this.#addBig(BigInt(Buffer.from(bytes.subarray(from, to)).toString("latin1")));
      return true;
    }
    this.#floats++;
    return kind === "float" || kind === "infinity" || (kind === "missing" && word.toLowerCase() === "nan");
  }

  #addBig(value: bigint): void {
    if (value >= -(2n ** 63n) && value < 2n ** 63n) return;
    this.#isBig = true;
    // No integer has room for it.
    if (value < 0n || value >= 2n ** 64n) this.#floats++;
  }

  #type(): Datatype {
    if (this.#floats > 0 || (this.#isBig && this.#isNegative)) return floatType(8);
    return integerType(8, !this.#isBig);
  }
}

class StringScan {
  #count = 0;
  #mostBytes = 0;
  #textBytes = 0;
  #problem: string | undefined;

  add({ number, bytes, from, to }: Line): void {
    this.#count++;
    this.#mostBytes = Math.max(this.#mostBytes, to - from);
    this.#textBytes += to - from;
    if (this.#problem !== undefined) return;
    const text = bytes.subarray(from, to);
    if (text.includes(0)) this.#problem = `line ${number}: has a NUL character`;
    else if (!isUtf8(text)) this.#problem = `line ${number}: is not UTF-8`;
  }

  result(sizeOfOffsets: number, endsWithLine: boolean): TxtImport {
    if (this.#problem !== undefined) throw new H5Error("argument", this.#problem);
    const sizes = { count: this.#count, mostBytes: this.#mostBytes, textBytes: this.#textBytes };
    const style = endsWithLine ? {} : { style: { delimiter: " ", lineEnd: "\n", endsWithLine } as const };
    return { datatype: textType(sizes, sizeOfOffsets), dims: [this.#count], ...style };
  }
}
