/** The longest code that bzip2 writes; it reads longer ones. */
const MAX_LENGTH = 17;

/** Bits, the highest of each byte first, to memory that grows. */
export class Bzip2BitWriter {
  #output: Uint8Array;
  #to = 0;
  #bits = 0;
  #count = 0;

  /** @param size how many bytes are expected */
  constructor(size: number) {
    this.#output = new Uint8Array(size);
  }

  /** The lowest `count` bits of `value`, 24 at most. */
  put(value: number, count: number): void {
    this.#bits = (this.#bits << count) | value;
    this.#count += count;
    if (this.#to + 4 > this.#output.length) {
      const larger = new Uint8Array(2 * this.#output.length + 64);
      larger.set(this.#output);
      this.#output = larger;
    }
    while (this.#count >= 8) {
      this.#count -= 8;
      this.#output[this.#to++] = this.#bits >>> this.#count;
    }
  }

  /** All bytes, the last filled up with zeros. */
  finish(): Uint8Array {
    if (this.#count > 0) this.put(0, 8 - this.#count);
    return this.#output.subarray(0, this.#to);
  }
}

/**
 * The lengths of a Huffman code for symbols that are so frequent; each symbol gets one. Where one would be too long, the
 * frequencies are brought nearer to each other.
 */
export function codeLengths(frequencies: ArrayLike<number>): Uint8Array {
  let weights = Uint32Array.from(frequencies, (count) => Math.max(count, 1));
  for (;;) {
    const lengths = huffmanLengths(weights);
    if (lengths.every((length) => length <= MAX_LENGTH)) return lengths;
    weights = weights.map((weight) => 1 + (weight >> 1));
  }
}

/** Two queues: the leaves by weight, and the nodes made of two, which come in order of weight, too. */
function huffmanLengths(weights: Uint32Array): Uint8Array {
  const count = weights.length;
  const leaves = Array.from(weights, (_, symbol) => symbol).sort(
    (a, b) => (weights[a] as number) - (weights[b] as number),
  );
  const sums = new Float64Array(2 * count - 1);
  sums.set(weights);
  const parents = new Uint16Array(2 * count - 1);
  let leaf = 0;
  let node = count;
  for (let made = count; made < 2 * count - 1; made++) {
    for (let side = 0; side < 2; side++) {
      const next = leaves[leaf];
      const takesLeaf = next !== undefined && (node >= made || (sums[next] as number) <= (sums[node] as number));
      const child = takesLeaf ? next : node;
      if (takesLeaf) leaf++;
      else node++;
      parents[child] = made;
      sums[made] = (sums[made] as number) + (sums[child] as number);
    }
  }
  const depths = new Uint8Array(2 * count - 1);
  for (let child = 2 * count - 3; child >= 0; child--) {
    depths[child] = (depths[parents[child] as number] as number) + 1;
  }
  return depths.subarray(0, count);
}

/** The canonical codes of these lengths: shorter ones first, then in order of the symbols. */
export function canonicalCodes(lengths: Uint8Array): Uint32Array {
  const codes = new Uint32Array(lengths.length);
  let code = 0;
  for (let length = 1; length <= MAX_LENGTH; length++) {
    code *= 2;
    for (let symbol = 0; symbol < lengths.length; symbol++) if (lengths[symbol] === length) codes[symbol] = code++;
  }
  return codes;
}

/** Each length as its difference to the one before. */
export function putCodeLengths(bits: Bzip2BitWriter, lengths: Uint8Array): void {
  let current = lengths[0] as number;
  bits.put(current, 5);
  for (const length of lengths) {
    for (; current < length; current++) bits.put(0b10, 2);
    for (; current > length; current--) bits.put(0b11, 2);
    bits.put(0, 1);
  }
}
