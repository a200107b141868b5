import { H5Error } from "../errors.ts";
import type { Datatype } from "../format/datatype.ts";
import { floatType } from "../object/datatypes.ts";
import { wholeText } from "./joined-bytes.ts";
import { jsonRows } from "./json-rows.ts";
import { JsonScan } from "./json-scan.ts";
import { JsonText } from "./parse-json.ts";

/** The dataset that a text can become. */
export interface TextImport {
  readonly datatype: Datatype;
  /** Empty: a scalar. */
  readonly dims: readonly number[];
}

/** Values of the outermost list after which there is a pause. */
const STEP = 256;

/** Bytes of a text that is no list. */
const MAX_SCALAR = 2 ** 24;

/**
 * What dataset a JSON text is, with pauses: lists that are equally long are dimensions, others sequences; objects are compounds;
 * integers are int64 (or uint64), other numbers float64, `"NaN"` and `"Infinity"` among them; `true` and `false` booleans.
 * @param blocks the text, in pieces of any size @param sizeOfOffsets of addresses in the file that the dataset is for
 * @throws H5Error "argument" where it is no JSON, or its values have no datatype in common
 */
export function* inferJsonSteps(
  blocks: () => Iterable<Uint8Array>,
  sizeOfOffsets: number,
): Generator<undefined, TextImport> {
  if (!startsWithList(blocks())) return scalarOf(blocks(), sizeOfOffsets);
  const rows = new JsonScan();
  let count = 0;
  for (const { bytes, from, to, place } of jsonRows(blocks())) {
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

function scalarOf(blocks: Iterable<Uint8Array>, sizeOfOffsets: number): TextImport {
  const json = new JsonText(wholeText(blocks, MAX_SCALAR));
  const scan = new JsonScan();
  scan.add(json);
  json.end();
  return { datatype: scan.type("value", sizeOfOffsets), dims: [] };
}
