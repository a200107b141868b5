const HASH_BITS = 14;
const MAX_DISTANCE = 8192;
/** A match takes at most so many bytes, a literal run too. */
const MAX_MATCH = 264;
const MAX_LITERALS = 32;

/** Positions, plus one, of what had a hash last; kept for the next chunk. */
const table = new Int32Array(1 << HASH_BITS);

/**
 * Encodes `input` as LZF data at the start of `output`.
 * @returns their length; `undefined`: they do not fit
 */
export function encodeLzf(input: Uint8Array, output: Uint8Array): number | undefined {
  table.fill(0);
  const end = input.length;
  let anchor = 0;
  let to = 0;
  for (let at = 0; at < end - 2; ) {
    const word = ((input[at] as number) << 16) | ((input[at + 1] as number) << 8) | (input[at + 2] as number);
    const hash = Math.imul(word, 2654435761) >>> (32 - HASH_BITS);
    const candidate = (table[hash] as number) - 1;
    table[hash] = at + 1;
    const isMatch =
      candidate >= 0 &&
      at - candidate <= MAX_DISTANCE &&
      input[candidate] === input[at] &&
      input[candidate + 1] === input[at + 1] &&
      input[candidate + 2] === input[at + 2];
    if (!isMatch) {
      at++;
      continue;
    }
    let length = 3;
    const most = Math.min(MAX_MATCH, end - at);
    while (length < most && input[candidate + length] === input[at + length]) length++;
    const next = putLiterals(input, anchor, at, output, to);
    if (next === undefined || next + 3 > output.length) return undefined;
    to = putMatch(output, next, at - candidate - 1, length - 2);
    at += length;
    anchor = at;
  }
  return putLiterals(input, anchor, end, output, to);
}

/** @param offset the distance less one @param length the length less two */
function putMatch(output: Uint8Array, start: number, offset: number, length: number): number {
  let to = start;
  if (length < 7) {
    output[to++] = (length << 5) | (offset >> 8);
  } else {
    output[to++] = (7 << 5) | (offset >> 8);
    output[to++] = length - 7;
  }
  output[to++] = offset & 0xff;
  return to;
}

function putLiterals(
  input: Uint8Array,
  from: number,
  until: number,
  output: Uint8Array,
  start: number,
): number | undefined {
  let to = start;
  for (let at = from; at < until; at += MAX_LITERALS) {
    const count = Math.min(MAX_LITERALS, until - at);
    if (to + 1 + count > output.length) return undefined;
    output[to++] = count - 1;
    output.set(input.subarray(at, at + count), to);
    to += count;
  }
  return to;
}
