import { H5Error } from "../errors.ts";
import type { Datatype } from "../format/datatype.ts";
import { floatType } from "../object/datatypes.ts";
import { floatStyles } from "./float-style.ts";
import { joined, wholeText } from "./joined-bytes.ts";
import { jsonLayoutOf } from "./json-layout.ts";
import { jsonRows } from "./json-rows.ts";
import { type JsonNotes, JsonScan } from "./json-scan.ts";
import type { JsonStyle } from "./json-style.ts";
import { JsonText } from "./parse-json.ts";

/** The dataset that a text can become. */
export interface TextImport {
  readonly datatype: Datatype;
  /** Empty: a scalar. */
  readonly dims: readonly number[];
}

/** How it is written, too, where that is not as `jsonFormat` writes it. */
export interface JsonImport extends TextImport {
  readonly style?: JsonStyle;
}

/** Values of the outermost list after which there is a pause. */
const STEP = 256;

/** Bytes of a text that is no list. */
const MAX_SCALAR = 2 ** 24;

/** Bytes of a text that show where its white space is. */
const MAX_HEAD = 2 ** 16;

/**
 * What dataset a JSON text is, with pauses: lists that are equally long are dimensions, others sequences; objects are compounds;
 * integers are int64 (or uint64), other numbers float64, `"NaN"`, `NaN` and `null` among them; `true` and `false` booleans.
 * @param blocks the text, in pieces of any size @param sizeOfOffsets of addresses in the file that the dataset is for
 * @throws H5Error "argument" where it is no JSON, or its values have no datatype in common
 */
export function* inferJsonSteps(
  blocks: () => Iterable<Uint8Array>,
  sizeOfOffsets: number,
): Generator<undefined, JsonImport> {
  const notes: JsonNotes = { ascii: false, slash: false, nonFinite: undefined, floats: [] };
  const ends = new Ends();
  const seen = ends.of(blocks());
  const found = startsWithList(blocks())
    ? yield* arrayOf(seen, notes, sizeOfOffsets)
    : scalarOf(seen, notes, sizeOfOffsets);
  const layout = jsonLayoutOf(ends.head);
  return layout === undefined ? found : { ...found, style: { ...layout, end: ends.lineEnd, ...notesOf(notes) } };
}

function notesOf({ ascii, slash, nonFinite, floats }: JsonNotes): Partial<JsonStyle> {
  const styles = floatStyles(floats);
  return {
    ...(ascii && { ascii }),
    ...(slash && { slash }),
    ...(nonFinite && { nonFinite }),
    ...(styles.length > 0 && { floats: styles }),
  };
}

/** How a text begins and ends, noted while it goes by. */
class Ends {
  head: Uint8Array = new Uint8Array(0);
  #tail = "";

  *of(blocks: Iterable<Uint8Array>): Generator<Uint8Array> {
    for (const block of blocks) {
      if (this.head.length < MAX_HEAD) this.head = joined(this.head, block.subarray(0, MAX_HEAD - this.head.length));
      this.#tail = (this.#tail + Buffer.from(block.subarray(-2)).toString("latin1")).slice(-2);
      yield block;
    }
  }

  get lineEnd(): JsonStyle["end"] {
    if (this.#tail === "\r\n") return "\r\n";
    return this.#tail.endsWith("\n") ? "\n" : "";
  }
}

function* arrayOf(
  blocks: Iterable<Uint8Array>,
  notes: JsonNotes,
  sizeOfOffsets: number,
): Generator<undefined, TextImport> {
  const rows = new JsonScan(notes);
  let count = 0;
  for (const { bytes, from, to, place } of jsonRows(blocks)) {
    const json = new JsonText(bytes.subarray(from, to), place);
    rows.add(json);
    json.end();
    if (++count % STEP === 0) yield;
  }
  if (rows.isEmpty) return { datatype: floatType(8), dims: [0] };
  const { dims, items } = rows.dims();
  // Lists without anything in them.
  const datatype = items.isEmpty ? floatType(8) : items.type(`value${"[]".repeat(1 + dims.length)}`, sizeOfOffsets);
  return { datatype, dims: [count, ...dims] };
}

function startsWithList(blocks: Iterable<Uint8Array>): boolean {
  for (const block of blocks) {
    for (const byte of block) {
      if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) continue;
      return byte === 0x5b;
    }
  }
  throw new H5Error("argument", "line 1: the text is empty");
}

function scalarOf(blocks: Iterable<Uint8Array>, notes: JsonNotes, sizeOfOffsets: number): TextImport {
  const json = new JsonText(wholeText(blocks, MAX_SCALAR));
  const scan = new JsonScan(notes);
  scan.add(json);
  json.end();
  return { datatype: scan.type("value", sizeOfOffsets), dims: [] };
}
