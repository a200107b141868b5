/** Matches begin with so many equal bytes. */
const MIN_MATCH = 4;
/** The last five bytes are literals, and no match begins in the last twelve (lz4_Block_format.md, "End of block restrictions"). */
const LAST_LITERALS = 5;
const NO_MATCH = 12;
const MAX_DISTANCE = 65_535;
const HASH_BITS = 14;
/** After so many positions without a match, steps get longer. */
const SKIP_SHIFT = 6;

/** Positions, plus one, of what had a hash last; kept for the next block. */
const table = new Int32Array(1 << HASH_BITS);

/**
 * Encodes `input` as one LZ4 block at the start of `output`.
 * @returns its length; `undefined`: it does not fit
 */
export function encodeLz4Block(input: Uint8Array, output: Uint8Array): number | undefined {
  table.fill(0);
  const end = input.length;
  const view = new DataView(input.buffer, input.byteOffset, end);
  let anchor = 0;
  let to = 0;
  for (let at = 0, misses = 0; at < end - NO_MATCH; ) {
    const word = view.getUint32(at, true);
    const hash = Math.imul(word, 2654435761) >>> (32 - HASH_BITS);
    const candidate = (table[hash] as number) - 1;
    table[hash] = at + 1;
    if (candidate < 0 || at - candidate > MAX_DISTANCE || view.getUint32(candidate, true) !== word) {
      at += 1 + (misses++ >> SKIP_SHIFT);
      continue;
    }
    misses = 0;
    let from = candidate;
    while (at > anchor && from > 0 && input[at - 1] === input[from - 1]) {
      at--;
      from--;
    }
    let length = MIN_MATCH;
    while (at + length < end - LAST_LITERALS && input[at + length] === input[from + length]) length++;
    const next = putSequence(input, anchor, at, at - from, length, output, to);
    if (next === undefined) return undefined;
    to = next;
    at += length;
    anchor = at;
  }
  return putSequence(input, anchor, end, 0, 0, output, to);
}

/** Literals, then a match; the last sequence has literals only. */
function putSequence(
  input: Uint8Array,
  anchor: number,
  at: number,
  distance: number,
  length: number,
  output: Uint8Array,
  start: number,
): number | undefined {
  const literals = at - anchor;
  const extra = length === 0 ? 0 : length - MIN_MATCH;
  // Token, length bytes, literals, distance.
  if (start + 5 + literals + Math.floor(literals / 255) + Math.floor(extra / 255) > output.length) return undefined;
  let to = start;
  output[to++] = (Math.min(literals, 15) << 4) | Math.min(extra, 15);
  if (literals >= 15) to = putLength(output, to, literals - 15);
  output.set(input.subarray(anchor, at), to);
  to += literals;
  if (length === 0) return to;
  output[to++] = distance & 0xff;
  output[to++] = distance >> 8;
  return extra >= 15 ? putLength(output, to, extra - 15) : to;
}

function putLength(output: Uint8Array, start: number, length: number): number {
  let to = start;
  let rest = length;
  for (; rest >= 255; rest -= 255) output[to++] = 255;
  output[to++] = rest;
  return to;
}
