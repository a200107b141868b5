import assert from "node:assert/strict";
import { decodeDataspaceSelection } from "../../src/format/dataspace-selection.ts";
import { Reader } from "../../src/format/reader.ts";
import { regionText } from "../../src/object/region-text.ts";

const sizes = { sizeOfOffsets: 8, sizeOfLengths: 8 };

function decode(hex: string): ReturnType<typeof decodeDataspaceSelection> {
  return decodeDataspaceSelection(new Reader(Buffer.from(hex, "hex"), 0, "region reference", sizes));
}

/** What libhdf5 2.0 wrote behind the address of a region reference to a dataset of (6, 10), in formats 1.8, 1.10 and 2.0. */
const WRITTEN: readonly (readonly [hex: string, text: string])[] = [
  ["02000000010000000000000018000000020000000100000000000000010000000100000002000000", "[0:2,1:3]"],
  ["020000000300000001020200000000000100010002000100010001000200", "[0:2,1:3]"],
  [
    "020000000200000001440000000200000000000000000000000200000000000000030000000000000001000000000000000100000000000000030000000000000003000000000000000100000000000000",
    "[0:5:2,1:8:3]",
  ],
  ["020000000300000001020200000000000200030001000100030003000100", "[0:5:2,1:8:3]"],
  ["020000000300000001020200000000000300020001000100040003000200", "[0:4:3,1:11:4×2]"],
  [
    "010000000100000000000000200000000200000003000000010000000200000003000000040000000500000009000000",
    "[1,2]+[3,4]+[5,9]",
  ],
  ["010000000200000002020000000300010002000300040005000900", "[1,2]+[3,4]+[5,9]"],
  [
    "0200000001000000000000002800000002000000020000000000000001000000010000000300000004000000050000000400000006000000",
    "[0:2,1:4]+[4:5,5:7]",
  ],
  ["0200000003000000000202000000020000000100010003000400050004000600", "[0:2,1:4]+[4:5,5:7]"],
  // Without an end along the first dimension.
  ["02000000030000000102020000000100" + "0400ffff02000800010001000200", "[1::4×2,8:10]"],
  ["03000000010000000000000000000000", ""],
  ["00000000010000000000000000000000", "[]"],
];

describe("dataspace selections", () => {
  it("are read in every version, and shown as NumPy's slices", () => {
    for (const [hex, text] of WRITTEN) assert.equal(regionText(decode(hex)), text);
  });

  it("are refused where they are cut off, or say what cannot be", () => {
    for (const [hex, text] of WRITTEN) {
      if (text === "" || text === "[]") continue;
      for (let end = 0; end < hex.length; end += 2)
        assert.throws(() => decode(hex.slice(0, end)), { name: "FormatError" });
    }
    for (const [hex, message] of [
      ["04000000", /selection type is 4/],
      ["0100000003000000", /version of a point selection is 3/],
      ["0200000000000000", /version of a hyperslab selection is 0/],
      ["02000000030000000003", /numbers of a selection have 3 bytes/],
      ["0200000003000000000221000000", /rank of a selection is 33/],
      ["01000000020000000801000000ffffffffffff0000", /takes \d+ bytes, but 0 are there/],
    ] as const) {
      assert.throws(() => decode(hex), { name: "FormatError", message });
    }
  });
});
