import { FormatError } from "../src/errors.ts";
import type { Codec } from "./codec.ts";
import { unshuffle } from "./unshuffle.ts";

/** Filter 2, shuffle: its only client data value is the element size in bytes. */
export const shuffleCodec: Codec = {
  id: 2,
  name: "shuffle",
  implementation: "WebAssembly SIMD",
  maxExpansion: 1,
  decode({ input, clientData, output }) {
    const elementSize = clientData[0];
    if (elementSize === undefined || elementSize < 1) {
      throw new FormatError(`element size is ${elementSize ?? "missing"}, expected at least 1`, {
        structure: "shuffle filter",
      });
    }
    if (input.length > output.length) {
      throw new FormatError(`${input.length} bytes, expected at most ${output.length}`, { structure: "shuffled data" });
    }
    unshuffle(input, output, elementSize);
    return output.subarray(0, input.length);
  },
};
