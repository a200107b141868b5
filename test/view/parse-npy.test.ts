import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { H5Error } from "../../src/errors.ts";
import { encodeNpyHeader } from "../../src/view/npy.ts";
import { decodeNpyHeader, NPY_PREFIX, npyHeaderSize } from "../../src/view/parse-npy.ts";

const truth: Record<string, { shape: number[]; header: string }> = JSON.parse(
  readFileSync("test/data/view/npy-headers.json", "utf8"),
);

function file(text: string, version = 1): Uint8Array {
  const prefix = version === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0];
  return Uint8Array.from([0x93, ...Buffer.from("NUMPY"), version, 0, ...prefix, ...Buffer.from(text, "latin1")]);
}

const refuses = (bytes: Uint8Array, kind: string, message: RegExp): void => {
  assert.throws(
    () => decodeNpyHeader(bytes),
    (error) => {
      assert.ok(error instanceof H5Error && error.kind === kind, `${error}`);
      assert.match(error.message, message);
      return true;
    },
  );
};

describe("npy headers", () => {
  for (const [name, { shape, header }] of Object.entries(truth)) {
    it(`of NumPy for ${name} are read, and written again the same`, () => {
      const bytes = Buffer.from(header, "base64");
      const read = decodeNpyHeader(bytes);
      assert.deepEqual(read.shape, shape);
      assert.equal(read.fortranOrder, false);
      assert.equal(read.dataOffset, bytes.length);
      assert.equal(npyHeaderSize(bytes.subarray(0, NPY_PREFIX)), bytes.length);
      assert.deepEqual(Buffer.from(encodeNpyHeader(read.datatype, read.shape)).toString(), bytes.toString());
    });
  }

  it("may be in any of the forms that Python reads", () => {
    const text = `{"shape":(2,3),'fortran_order' : True,\n 'descr':[(('title','a'),'>i2',(2,)),('b','?'),("c\\x41",'<m8[25us]',3),]}`;
    const { datatype, shape, fortranOrder } = decodeNpyHeader(file(text, 2));
    assert.deepEqual([shape, fortranOrder, datatype.size], [[2, 3], true, 29]);
    assert.ok(datatype.class === "compound");
    assert.deepEqual(
      datatype.members.map(({ name, offset, type }) => [name, offset, type.class]),
      [
        ["a", 0, "array"],
        ["b", 4, "enum"],
        ["cA", 5, "array"],
      ],
    );
    assert.deepEqual(decodeNpyHeader(file("{'descr': '<f8', 'fortran_order': False, 'shape': ()}")).shape, []);
  });

  it("are refused with what is wrong", () => {
    const header = (descr: string, shape = "(3,)"): Uint8Array =>
      file(`{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`);
    refuses(Buffer.from("PK\x03\x04"), "argument", /does not begin with/);
    refuses(file("{}").subarray(0, 9), "argument", /ends in it/);
    refuses(file("{}", 4), "argument", /version is 4.0/);
    refuses(file("{'descr': '<f8'}"), "argument", /has the keys descr/);
    refuses(file("{'descr': '<f8', "), "argument", /its end .* was not expected/);
    refuses(file("__import__('os')"), "argument", /"__import__.*" at character 0/);
    refuses(header("'<f8'", "(-1,)"), "argument", /shape/);
    refuses(header("'|O'"), "unsupported", /"\|O" has no counterpart/);
    refuses(header("'<U5'"), "unsupported", /"<U5"/);
    refuses(header("'<i3'"), "unsupported", /"<i3"/);
    refuses(header("'f8 '"), "argument", /is none/);
    refuses(header("[]"), "argument", /no fields/);
    refuses(header("(".repeat(500)), "argument", /not expected/);
  });
});
