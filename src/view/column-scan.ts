import { isUtf8 } from "node:buffer";
import { type CsvRecord, QUOTING } from "./csv-records.ts";
import { NumberScan } from "./number-scan.ts";
import { type CellKind, kindOf } from "./value-kind.ts";

const QUOTE = 0x22;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Lines on which something was seen first; 0: it was not. */
interface FirstSeen {
  readonly [what: string]: number;
}

/** All that is noted of a column while its fields go by. */
export class ColumnScan {
  readonly #delimiter: number;
  fields = 0;
  /** Fields of each kind. */
  readonly kinds: Record<CellKind, number> = { missing: 0, infinity: 0, boolean: 0, integer: 0, float: 0, text: 0 };
  readonly missing = new Set<string>();
  readonly infinities = new Set<string>();
  readonly booleans = new Set<string>();
  /** Of fields that are numbers. */
  readonly numbers = new NumberScan();
  mostBytes = 0;
  textBytes = 0;
  /** Lines of what decides between styles: the first of each. */
  readonly seen = {
    /** Fields with and without quotes: empty ones, missing ones, others; those in quotes that need none. */
    bareEmpty: 0,
    quotedEmpty: 0,
    bareMissing: 0,
    quotedMissing: 0,
    bare: 0,
    quoted: 0,
    quotedNeedless: 0,
    bareNeedful: 0,
    notUtf8: 0,
    nul: 0,
  } satisfies FirstSeen;

  constructor(delimiter: number) {
    this.#delimiter = delimiter;
  }

  add(record: CsvRecord, i: number): void {
    this.fields++;
    const { line } = record;
    const isDoubled = record.quoting[i] === QUOTING.doubled;
    const bytes = isDoubled ? record.field(i) : record.bytes;
    const from = isDoubled ? 0 : (record.starts[i] ?? 0);
    const to = isDoubled ? bytes.length : (record.ends[i] ?? 0);
    const isQuoted = record.quoting[i] !== QUOTING.none;
    const { kind, word } = kindOf(bytes, from, to, this.#delimiter);
    this.kinds[kind]++;
    const isEmpty = from === to;
    if (isEmpty) this.#see(isQuoted ? "quotedEmpty" : "bareEmpty", line);
    else if (kind === "missing") this.#see(isQuoted ? "quotedMissing" : "bareMissing", line);
    else this.#quoting(bytes, from, to, isQuoted, line);
    this.mostBytes = Math.max(this.mostBytes, to - from);
    this.textBytes += to - from;
    if (kind === "missing") this.missing.add(word);
    else if (kind === "infinity") this.infinities.add(word);
    else if (kind === "boolean") this.booleans.add(word);
    else if (kind === "integer" || kind === "float") this.numbers.add(bytes, from, to, line);
    else this.#text(bytes, from, to, line);
  }

  #see(what: keyof ColumnScan["seen"], line: number): void {
    if (this.seen[what] === 0) this.seen[what] = line;
  }

  #quoting(bytes: Uint8Array, from: number, to: number, isQuoted: boolean, line: number): void {
    if (isQuoted || this.kinds.text > 0) {
      let isNeeded = false;
      for (let i = from; i < to && !isNeeded; i++) {
        const byte = bytes[i];
        isNeeded = byte === this.#delimiter || byte === QUOTE || byte === NEWLINE || byte === RETURN;
      }
      if (isQuoted && !isNeeded) this.#see("quotedNeedless", line);
      if (!isQuoted && isNeeded) this.#see("bareNeedful", line);
    }
    this.#see(isQuoted ? "quoted" : "bare", line);
  }

  #text(bytes: Uint8Array, from: number, to: number, line: number): void {
    let isAscii = true;
    for (let i = from; i < to; i++) {
      const byte = bytes[i] ?? 0;
      if (byte > 0x7f) isAscii = false;
      else if (byte === 0) this.#see("nul", line);
    }
    if (!isAscii && !isUtf8(bytes.slice(from, to))) this.#see("notUtf8", line);
  }
}
