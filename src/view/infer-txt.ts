import { isUtf8 } from "node:buffer";
import { H5Error } from "../errors.ts";
import type { Datatype } from "../format/datatype.ts";
import { floatType, integerType } from "../object/datatypes.ts";
import type { TextImport } from "./infer-json.ts";
import { isSpace, type Line, linesOf } from "./parse-txt.ts";
import { textType } from "./text-type.ts";
import { kindOf } from "./value-kind.ts";

const COMMA = 0x2c;
const MINUS = 0x2d;

/** Lines after which there is a pause. */
const STEP = 256;

/**
 * What dataset a plain text is, with pauses. Where every line has as many numbers as the others, those: int64 (or uint64) if
 * all are integers, else float64; empty lines between them, always after as many, are planes. Any other text is strings, a line each.
 * @param blocks the text, in pieces of any size @param sizeOfOffsets of addresses in the file that the dataset is for
 * @throws H5Error "argument" that begins with the line
 */
export function* inferTxtSteps(blocks: Iterable<Uint8Array>, sizeOfOffsets: number): Generator<undefined, TextImport> {
  const numbers = new NumberScan();
  const strings = new StringScan();
  let count = 0;
  for (const line of linesOf(blocks)) {
    numbers.add(line);
    strings.add(line);
    if (++count % STEP === 0) yield;
  }
  if (count === 0) throw new H5Error("argument", "line 1: the text is empty");
  return numbers.result() ?? strings.result(sizeOfOffsets);
}

class NumberScan {
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

  add({ bytes, from, to }: Line): void {
    if (this.#isNone) return;
    let columns = 0;
    for (let at = from; ; ) {
      while (at < to && isSpace(bytes[at])) at++;
      if (at === to) break;
      const start = at;
      while (at < to && !isSpace(bytes[at])) at++;
      if (!this.#addNumber(bytes, start, at)) {
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
    this.#rows++;
    this.#inPlane++;
  }

  result(): TextImport | undefined {
    const perPlane = this.#perPlane ?? this.#inPlane;
    if (this.#isNone || this.#columns === undefined || this.#inPlane !== perPlane) return undefined;
    const row = this.#columns === 1 && this.#planes === 1 ? [] : [this.#columns];
    const dims = this.#planes === 1 ? [this.#rows, ...row] : [this.#planes, perPlane, ...row];
    return { datatype: this.#type(), dims };
  }

  #endPlane(): void {
    this.#perPlane ??= this.#inPlane;
    if (this.#inPlane === 0 || this.#inPlane !== this.#perPlane) this.#isNone = true;
    this.#inPlane = 0;
    this.#planes++;
  }

  #addNumber(bytes: Uint8Array, from: number, to: number): boolean {
    const { kind, word } = kindOf(bytes, from, to, COMMA);
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

  result(sizeOfOffsets: number): TextImport {
    if (this.#problem !== undefined) throw new H5Error("argument", this.#problem);
    const sizes = { count: this.#count, mostBytes: this.#mostBytes, textBytes: this.#textBytes };
    return { datatype: textType(sizes, sizeOfOffsets), dims: [this.#count] };
  }
}
