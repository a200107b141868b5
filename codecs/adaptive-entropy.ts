import { FormatError } from "../src/errors.ts";
import { PackedBits } from "./packed-bits.ts";

/** How samples were coded (CCSDS 121.0-B, "Lossless Data Compression"). */
export interface EntropyOptions {
  readonly bitsPerSample: number;
  readonly samplesPerBlock: number;
  /** After so many blocks a sample stands for itself again, if samples are differences else. */
  readonly blocksPerInterval: number;
  /** Samples were mapped to how they differ from the one before ("unit-delay predictor"). */
  readonly differences: boolean;
}

/** This code of a run of empty blocks means: to the end of the interval, or of its segment of 64 blocks. */
const REST_OF_SEGMENT = 5;
const BLOCKS_PER_SEGMENT = 64;
/** Larger codes of pairs take more bits than the pair itself. */
const LARGEST_PAIR = 90;

function damaged(message: string): FormatError {
  return new FormatError(message, { structure: "szip data" });
}

/** Decodes adaptively coded samples, an interval of blocks at a time. */
export class EntropyDecoder {
  readonly #bits: PackedBits;
  readonly #options: EntropyOptions;
  readonly #idBits: number;
  /** One interval, as it is decoded. */
  readonly samples: Uint32Array;

  constructor(input: Uint8Array, at: number, options: EntropyOptions) {
    this.#bits = new PackedBits(input, at);
    this.#options = options;
    this.#idBits = options.bitsPerSample > 16 ? 5 : options.bitsPerSample > 8 ? 4 : 3;
    this.samples = new Uint32Array(options.samplesPerBlock * options.blocksPerInterval);
  }

  /** Decodes the next interval, or its first `needed` samples at least. @throws FormatError */
  next(needed: number): void {
    const { samplesPerBlock, differences } = this.#options;
    const end = Math.min(this.samples.length, Math.ceil(needed / samplesPerBlock) * samplesPerBlock);
    for (let at = 0; at < end; ) at = this.#block(at, differences && at === 0);
    if (this.#bits.isPastEnd) throw damaged("ends inside a block");
    if (differences) this.#sum();
  }

  /** Decodes the block at sample `at`, or a run of empty ones; returns where it ends. */
  #block(at: number, hasReference: boolean): number {
    const { bitsPerSample, samplesPerBlock } = this.#options;
    const [bits, samples] = [this.#bits, this.samples];
    const end = at + samplesPerBlock;
    const id = bits.read(this.#idBits);
    if (id === (1 << this.#idBits) - 1) {
      for (let i = at; i < end; i++) samples[i] = bits.readLong(bitsPerSample);
      return end;
    }
    const isPairs = id === 0 && bits.read(1) === 1;
    let first = at;
    if (hasReference) samples[first++] = bits.readLong(bitsPerSample);
    if (isPairs) {
      this.#pairs(at, first, end);
      return end;
    }
    if (id === 0) return this.#emptyBlocks(at, first);
    const low = id - 1;
    if (low > bitsPerSample) throw damaged(`${low} low bits of samples of ${bitsPerSample}`);
    for (let i = first; i < end; i++) samples[i] = bits.readZeros() << low;
    if (low > 0) for (let i = first; i < end; i++) samples[i] = (samples[i] as number) | bits.read(low);
    return end;
  }

  #emptyBlocks(at: number, first: number): number {
    const { samplesPerBlock, blocksPerInterval } = this.#options;
    let count = this.#bits.readZeros() + 1;
    if (count === REST_OF_SEGMENT) {
      const block = at / samplesPerBlock;
      count = Math.min(blocksPerInterval - block, BLOCKS_PER_SEGMENT - (block % BLOCKS_PER_SEGMENT));
    } else if (count > REST_OF_SEGMENT) count--;
    const end = at + count * samplesPerBlock;
    if (end > this.samples.length) throw damaged(`${count} empty blocks, more than its interval has`);
    this.samples.fill(0, first, end);
    return end;
  }

  /** The "second extension": one code for two samples, by their sum first. */
  #pairs(at: number, first: number, end: number): void {
    for (let i = first; i < end; ) {
      const code = this.#bits.readZeros();
      if (code > LARGEST_PAIR) throw damaged("a pair of samples that is never coded as one");
      const sum = Math.floor((Math.sqrt(8 * code + 1) - 1) / 2);
      const second = code - (sum * (sum + 1)) / 2;
      // Of the pair that the reference is in, only the second one counts.
      if ((i - at) % 2 === 0) this.samples[i++] = sum - second;
      this.samples[i++] = second;
    }
  }

  /** Makes samples of differences: small numbers are alternately above and below, others beyond what is left on one side. */
  #sum(): void {
    const { samples } = this;
    const most = 2 ** this.#options.bitsPerSample - 1;
    const middle = 2 ** (this.#options.bitsPerSample - 1);
    let value = samples[0] as number;
    for (let i = 1; i < samples.length; i++) {
      const mapped = samples[i] as number;
      const isLow = value < middle;
      const room = isLow ? value : most - value;
      const half = (mapped >>> 1) + (mapped & 1);
      if (half <= room) value += (mapped & 1) === 0 ? half : -half;
      else value = isLow ? mapped : most - mapped;
      samples[i] = value;
    }
  }
}
