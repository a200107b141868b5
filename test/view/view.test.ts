import assert from "node:assert/strict";
import type { Dataspace } from "../../src/format/dataspace.ts";
import type { Datatype } from "../../src/format/datatype.ts";
import { listedView, viewsOf } from "../../src/view/view.ts";
import {
  array,
  boolean,
  complex,
  compound,
  float,
  float64,
  integer,
  opaque,
  reference,
  string,
  vlen,
  vlenString,
} from "../object/datatypes.ts";

const table = compound({ a: integer(4) });
const overlapping: Datatype = { ...compound({ a: integer(4), b: integer(4) }), size: 4 };

function space(...dims: number[]): Dataspace {
  return dims.length === 0
    ? { kind: "scalar", dims: [], maxDims: [] }
    : { kind: "simple", dims, maxDims: dims, maxDimsStored: true };
}

function views(datatype: Datatype, dataspace: Dataspace = space(3)): string {
  return viewsOf({ datatype, dataspace, decodedBytes: 0 }).join(" ");
}

function listed(datatype: Datatype, decodedBytes: number, dataspace = space(3)): string {
  return listedView({ datatype, dataspace, decodedBytes });
}

describe("views", () => {
  it("are those of the table of the design, the most natural first", () => {
    assert.equal(views(float64, space(2, 2, 2)), "npy bin csv json txt arrow");
    assert.equal(views(complex(float64), space()), "npy bin csv json txt arrow");
    assert.equal(views(array(integer(2), 3)), "npy bin csv json txt arrow");
    assert.equal(views(table), "csv npy bin json arrow");
    assert.equal(views(compound({ a: vlenString })), "csv json");
    assert.equal(views(overlapping), "csv bin json arrow");
    assert.equal(views(string(5)), "txt csv json npy bin arrow");
    assert.equal(views(vlenString, space()), "txt csv json");
    assert.equal(views(vlenString, space(2, 2)), "json csv");
    assert.equal(views(vlen("sequence", float64)), "json csv");
    assert.equal(views(reference), "json csv");
    assert.equal(views(boolean), "npy bin csv json arrow");
    assert.equal(views(opaque(4)), "npy bin csv json arrow");
    assert.equal(views(float(2, 8)), "npy bin csv json txt arrow");
    assert.equal(views(float64, { kind: "null" }), "json");
  });

  it("are listed as text only while the data are small", () => {
    const small = 1 << 20;
    assert.equal(listed(table, small), "csv");
    assert.equal(listed(table, small + 1), "npy");
    assert.equal(listed(compound({ a: vlenString }), small + 1), "json");
    assert.equal(listed(string(5), small), "txt");
    assert.equal(listed(string(5), small + 1), "npy");
    assert.equal(listed(vlenString, small + 1), "json");
    assert.equal(listed(float64, 2 ** 50), "npy");
  });
});
