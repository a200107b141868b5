import { FormatError } from "../src/errors.ts";
import type { Codec } from "./codec.ts";
import { shuffle } from "./shuffle-bytes.ts";
import { unshuffle } from "./unshuffle.ts";

/** @throws FormatError where the client data has none */
function elementSizeOf(clientData: readonly number[]): number {
  const [elementSize] = clientData;
  if (elementSize === undefined || elementSize < 1) {
    throw new FormatError(`element size is ${elementSize ?? "missing"}, expected at least 1`, {
      structure: "shuffle filter",
    });
  }
  return elementSize;
}

/** Filter 2, shuffle: its only client data value is the element size in bytes. */
export const shuffleCodec: Codec = {
  id: 2,
  name: "shuffle",
  implementation: "WebAssembly SIMD",
  maxExpansion: 1,
  decode({ input, clientData, output }) {
    const elementSize = elementSizeOf(clientData);
    if (input.length > output.length) {
      throw new FormatError(`${input.length} bytes, expected at most ${output.length}`, { structure: "shuffled data" });
    }
    unshuffle(input, output, elementSize);
    return output.subarray(0, input.length);
  },
  encode({ input, clientData, optional }) {
    // As libhdf5: PyTables asks for it for data of variable length, which has no element size to be shuffled by.
    if (optional && (clientData[0] ?? 0) < 1) return undefined;
    const output = new Uint8Array(input.length);
    shuffle(input, output, elementSizeOf(clientData));
    return output;
  },
};
