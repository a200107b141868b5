import { FormatError } from "../src/errors.ts";
import { copyLiterals, copyMatch } from "./copy-match.ts";

/** Distances from here on are stored in 16 bits more. */
const maxShortDistance = 8191;

function damaged(message: string): FormatError {
  return new FormatError(message, { structure: "BloscLZ data" });
}

/** Decodes the BloscLZ data (a descendant of FastLZ level 2) that fills `input` to the start of `output`; returns its length. */
export function decodeBloscLz(input: Uint8Array, output: Uint8Array): number {
  const end = input.length;
  if (end === 0) throw damaged("no data");
  // The first three bits tell the format's level; the stream begins with literals.
  let control = (input[0] as number) & 31;
  let from = 1;
  let at = 0;
  for (;;) {
    if (control < 32) {
      const length = control + 1;
      if (from + length > end) throw damaged("ends inside a literal run");
      if (at + length > output.length) throw damaged(`decodes to more than the expected ${output.length} bytes`);
      copyLiterals(input, from, output, at, length);
      from += length;
      at += length;
    } else {
      let length = (control >> 5) + 2;
      if (length === 9) {
        let more = 255;
        while (more === 255) {
          if (from >= end) throw damaged("ends inside a length");
          more = input[from++] as number;
          length += more;
        }
      }
      if (from >= end) throw damaged("ends inside a back reference");
      let distance = ((control & 31) << 8) + (input[from++] as number);
      if (distance === maxShortDistance) {
        if (from + 2 > end) throw damaged("ends inside a back reference");
        distance += ((input[from] as number) << 8) + (input[from + 1] as number);
        from += 2;
      }
      distance += 1;
      if (distance > at) throw damaged(`refers to ${distance} bytes before, at byte ${at}`);
      if (at + length > output.length) throw damaged(`decodes to more than the expected ${output.length} bytes`);
      copyMatch(output, at, distance, length);
      at += length;
    }
    if (from >= end) return at;
    control = input[from++] as number;
  }
}
