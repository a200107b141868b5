import assert from "node:assert/strict";
import fc from "fast-check";
import { H5Error } from "../../src/errors.ts";
import { encodeText } from "../../src/format/text.ts";
import { inferCsv } from "../../src/view/infer-csv.ts";
import { parseAttributesJson } from "../../src/view/parse-attributes-json.ts";
import { parseCsv } from "../../src/view/parse-csv.ts";
import { parseJsonView } from "../../src/view/parse-json-view.ts";
import { decodeNpyHeader } from "../../src/view/parse-npy.ts";
import { parseTxt } from "../../src/view/parse-txt.ts";
import {
  array,
  boolean,
  complex,
  compound,
  enumeration,
  float32,
  float64,
  integer,
  opaque,
  string,
  vlen,
  vlenString,
} from "../object/datatypes.ts";

const type = compound({
  i: integer(4),
  f: float32,
  s: string(3),
  v: vlenString,
  q: vlen("sequence", integer(2)),
  e: enumeration({ RED: 1 }),
  b: boolean,
  o: opaque(2),
  a: array(integer(1), 2),
  z: complex(float64),
});
const heap = {
  sizeOfOffsets: 8,
  insert: () => ({ collection: 1, index: 1 }),
  object: () => assert.fail("no object is asked for"),
};
const row =
  '{"i": 1, "f": 0.5, "s": "ab", "v": null, "q": [1, 2], "e": "RED", "b": true, "o": "0x0102", "a": [1, 2], "z": {"r": 1.0, "i": 2.0}}';

const readers: Record<string, { readonly text: string; readonly read: (bytes: Uint8Array) => unknown }> = {
  csv: {
    text: 'i,f,s,v,q,e,b,o,a[0],a[1],z.r,z.i\n1,0.5,ab,,"[1, 2]",RED,true,0x0102,1,2,1.0,2.0\n',
    read: (bytes) => [...parseCsv([bytes], { datatype: type, dims: [1], name: "x" }, heap)],
  },
  "csv of a new table": { text: 'a,b\n1,"x"\n2.5,y\n', read: (bytes) => inferCsv([bytes], 8) },
  json: { text: `[${row}, ${row}]`, read: (bytes) => parseJsonView(bytes, type, [2], heap) },
  attributes: {
    text: '{"a": {"type": {"class": "string", "size": 3, "charset": "ascii", "padding": "null-padded"}, "shape": [1], "value": ["x"]}}',
    read: (bytes) => parseAttributesJson(bytes, () => undefined, heap),
  },
  txt: {
    text: "1 2\n3 4\n",
    read: (bytes) => [...parseTxt([bytes], { datatype: integer(4), dims: [2, 2], name: "x" }, heap)],
  },
  npy: {
    text: "",
    read: (bytes) => decodeNpyHeader(bytes),
  },
};
const npy = "{'descr': [('a', '<i4', (2,)), ('b', '|S3')], 'fortran_order': False, 'shape': (3,), }";

describe("texts that are damaged", () => {
  for (const [name, { text, read }] of Object.entries(readers)) {
    it(`${name}: are read, or refused by a typed error`, () => {
      const whole =
        name === "npy"
          ? Uint8Array.from([0x93, ...encodeText("NUMPY"), 1, 0, npy.length, 0, ...encodeText(npy)])
          : encodeText(text);
      read(whole);
      const odd = fc.constantFrom(...Buffer.from('"[]{},:.-eE0123456789\n\r\\utrfn '), 0, 0x80, 0xff);
      const edit = fc.record({ at: fc.nat(whole.length), remove: fc.nat(8), insert: fc.array(odd, { maxLength: 6 }) });
      fc.assert(
        fc.property(fc.array(edit, { maxLength: 4 }), (edits) => {
          let bytes = [...whole];
          for (const { at, remove, insert } of edits)
            bytes = [...bytes.slice(0, at), ...insert, ...bytes.slice(at + remove)];
          try {
            read(Uint8Array.from(bytes));
          } catch (error) {
            assert.ok(error instanceof H5Error && error.message.length > 0, `${error}`);
          }
        }),
        { numRuns: 400 },
      );
    });
  }
});
