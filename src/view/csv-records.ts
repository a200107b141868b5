import { H5Error } from "../errors.ts";
import { joined } from "./joined-bytes.ts";

const QUOTE = 0x22;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Bytes of one record: what is longer has a quote that is not closed. */
const MAX_RECORD = 2 ** 28;

/** What stands around a field: nothing; quotes; quotes, and quotes doubled inside. */
export const QUOTING = { none: 0, plain: 1, doubled: 2 } as const;

/** One record of a CSV text. It is used again for the next. */
export class CsvRecord {
  bytes: Uint8Array = new Uint8Array(0);
  /** Fields of the record. Field i is [starts[i], ends[i]) of `bytes`, without its quotes. */
  count = 0;
  starts = new Int32Array(16);
  ends = new Int32Array(16);
  quoting = new Uint8Array(16);
  /** All of it, with its line end: [from, to) of `bytes`. */
  from = 0;
  to = 0;
  /** Where it begins in the text. */
  offset = 0;
  /** The line that it begins with, counted from 1. */
  line = 1;
  /** What ends it; nothing at the end of the text. */
  lineEnd: "\n" | "\r\n" | "" = "";

  /** True for a line without anything. */
  get isBlank(): boolean {
    return this.count === 1 && this.starts[0] === this.ends[0] && this.quoting[0] === QUOTING.none;
  }

  add(start: number, end: number, quoting: number): void {
    const i = this.count++;
    if (i === this.starts.length) this.#grow();
    this.starts[i] = start;
    this.ends[i] = end;
    this.quoting[i] = quoting;
  }

  #grow(): void {
    const larger = <T extends Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>>(old: T, fresh: T): T => {
      fresh.set(old);
      return fresh;
    };
    const size = 2 * this.starts.length;
    this.starts = larger(this.starts, new Int32Array(size));
    this.ends = larger(this.ends, new Int32Array(size));
    this.quoting = larger(this.quoting, new Uint8Array(size));
  }

  /** A field's text, doubled quotes undone: a view. */
  field(i: number): Uint8Array {
    const text = this.bytes.subarray(this.starts[i] ?? 0, this.ends[i] ?? 0);
    return this.quoting[i] === QUOTING.doubled ? undoubled(text) : text;
  }
}

function undoubled(text: Uint8Array): Uint8Array {
  const out = new Uint8Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const byte = text[i] ?? 0;
    out[length++] = byte;
    if (byte === QUOTE) i++;
  }
  return out.subarray(0, length);
}

/**
 * The records of a CSV text (RFC 4180) that comes in blocks of any size. Lines end with LF or CRLF.
 * @param delimiter one byte
 * @param firstLine the text is a part of one, and this the line that it begins with: there is no byte order mark
 * @throws H5Error "argument" where the text is none; the message begins with the line
 */
export function* csvRecords(blocks: Iterable<Uint8Array>, delimiter: number, firstLine?: number): Generator<CsvRecord> {
  const record = new CsvRecord();
  const reader = new RecordReader(record, delimiter);
  let rest: Uint8Array = new Uint8Array(0);
  let line = firstLine ?? 1;
  let isFirst = firstLine === undefined;
  // Of the first byte of what is at hand, in the text.
  let start = 0;
  for (const block of blocks) {
    const bytes = rest.length === 0 ? block : joined(rest, block);
    let at = isFirst && startsWithMark(bytes) ? MARK.length : 0;
    isFirst &&= bytes.length < MARK.length;
    // Fewer bytes may be the beginning of a mark.
    while (!isFirst) {
      record.line = line;
      const end = reader.read(bytes, at, false);
      if (end === undefined) break;
      placeRecord(record, at, end, start);
      yield record;
      line += reader.lines;
      at = end;
    }
    if (bytes.length - at > MAX_RECORD)
      throw new H5Error("limit", `line ${line}: a record has more than ${MAX_RECORD} bytes`);
    // The block may be overwritten when the next is asked for.
    rest = bytes.slice(at);
    start += at;
  }
  if (rest.length === 0) return;
  for (let at = 0; at < rest.length; line += reader.lines) {
    record.line = line;
    const end = reader.read(rest, at, true) ?? rest.length;
    placeRecord(record, at, end, start);
    yield record;
    at = end;
  }
}

function placeRecord(record: CsvRecord, from: number, to: number, start: number): void {
  record.from = from;
  record.to = to;
  record.offset = start + from;
}

/** The byte order mark that some programs put before a text. */
const MARK = [0xef, 0xbb, 0xbf];

export function startsWithMark(bytes: Uint8Array): boolean {
  return MARK.every((byte, i) => bytes[i] === byte);
}

class RecordReader {
  readonly #record: CsvRecord;
  readonly #delimiter: number;
  /** Line ends in the record that was read last. */
  lines = 0;

  constructor(record: CsvRecord, delimiter: number) {
    this.#record = record;
    this.#delimiter = delimiter;
  }

  /** Reads the record that begins at `from`. @returns where the next begins; `undefined`: its end is not there yet */
  read(bytes: Uint8Array, from: number, isLast: boolean): number | undefined {
    const record = this.#record;
    const delimiter = this.#delimiter;
    record.bytes = bytes;
    record.count = 0;
    this.lines = 1;
    for (let at = from; ; at++) {
      if (bytes[at] === QUOTE) {
        const end = this.#quoted(bytes, at, isLast);
        if (end === undefined) return undefined;
        at = end;
      } else {
        const start = at;
        for (; at < bytes.length; at++) {
          const byte = bytes[at];
          if (byte === delimiter || byte === NEWLINE || byte === RETURN) break;
        }
        record.add(start, at, QUOTING.none);
      }
      if (at >= bytes.length) {
        if (!isLast) return undefined;
        record.lineEnd = "";
        return at;
      }
      const byte = bytes[at];
      if (byte === delimiter) continue;
      if (byte === NEWLINE) {
        record.lineEnd = "\n";
        return at + 1;
      }
      if (byte === RETURN && at + 1 === bytes.length && !isLast) return undefined;
      if (byte === RETURN && bytes[at + 1] === NEWLINE) {
        record.lineEnd = "\r\n";
        return at + 2;
      }
      throw this.#refused(
        byte === RETURN ? "has a carriage return without a line feed" : "has text after its closing quote",
      );
    }
  }

  /** Adds the field in quotes that begins at `from`. @returns the position after its closing quote */
  #quoted(bytes: Uint8Array, from: number, isLast: boolean): number | undefined {
    let quoting: number = QUOTING.plain;
    let at = from + 1;
    for (; ; at++) {
      const byte = bytes[at];
      if (byte === undefined) {
        if (isLast) throw this.#refused("has no closing quote", 1);
        return undefined;
      }
      if (byte === NEWLINE) this.lines++;
      if (byte !== QUOTE) continue;
      if (bytes[at + 1] !== QUOTE) break;
      quoting = QUOTING.doubled;
      at++;
    }
    if (at + 1 === bytes.length && !isLast) return undefined;
    this.#record.add(from + 1, at, quoting);
    return at + 1;
  }

  #refused(what: string, more = 0): H5Error {
    return new H5Error("argument", `line ${this.#record.line}: field ${this.#record.count + more} ${what}`);
  }
}
