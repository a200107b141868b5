import { FormatError, UnsupportedError } from "../src/errors.ts";
import { bitUnshuffle } from "./bit-unshuffle.ts";
import type { BlockDecoder, Codec, CodecMode } from "./codec.ts";
import { FramedBlocks } from "./framed-blocks.ts";
import { chooseLz4 } from "./lz4.ts";
import { chooseZstd } from "./zstd.ts";

/** A block, where the filter does not say: of about so many bytes, and no fewer elements (bitshuffle_internals.h). */
const BLOCK_BYTES = 8192;
const MIN_BLOCK = 128;
/** Elements are shuffled by so many at a time; what is left at the end is as it was. */
const TOGETHER = 8;

const STRUCTURE = "bitshuffle chunk";

function damaged(message: string): FormatError {
  return new FormatError(message, { structure: STRUCTURE });
}

/** How many elements of each block are shuffled together, the last ones fewer; then come those that are not. */
function* blocksOf(elements: number, blockElements: number): Generator<number> {
  let left = elements;
  for (; left >= blockElements; left -= blockElements) yield blockElements;
  if (left >= TOGETHER) yield left - (left % TOGETHER);
}

function defaultBlock(elementSize: number): number {
  const elements = Math.floor(BLOCK_BYTES / elementSize);
  return Math.max(elements - (elements % TOGETHER), MIN_BLOCK);
}

/** Without compression the shuffled bytes lie where the others were. */
function unshuffleOnly(input: Uint8Array, output: Uint8Array, elementSize: number, blockElements: number): void {
  let at = 0;
  for (const count of blocksOf(Math.floor(input.length / elementSize), blockElements)) {
    const end = at + count * elementSize;
    bitUnshuffle(input.subarray(at, end), output.subarray(at, end), elementSize, count);
    at = end;
  }
  output.set(input.subarray(at), at);
}

/** Memory for one block that is decompressed and still shuffled; kept for the next one. */
let shuffled = new Uint8Array(0);

function decodeBlocks(input: Uint8Array, output: Uint8Array, elementSize: number, decoder: BlockDecoder): Uint8Array {
  const blocks = new FramedBlocks(input, output.length, STRUCTURE);
  const { length, blockSize } = blocks;
  if (length % elementSize !== 0) throw damaged(`${length} bytes are no whole elements of ${elementSize}`);
  const blockElements = Math.floor(blockSize / elementSize);
  if (blockElements === 0 || blockElements % TOGETHER !== 0) {
    throw damaged(`blocks of ${blockSize} bytes, elements of ${elementSize}`);
  }
  let at = 0;
  for (const count of blocksOf(length / elementSize, blockElements)) {
    const size = count * elementSize;
    const stored = blocks.next();
    if (shuffled.length < size) shuffled = new Uint8Array(size);
    const block = shuffled.subarray(0, size);
    const decoded = decoder.decode(stored, block);
    if (decoded !== size) throw damaged(`a block decodes to ${decoded} bytes, expected ${size}`);
    bitUnshuffle(block, output.subarray(at, at + size), elementSize, count);
    at += size;
  }
  output.set(blocks.take(length - at), at);
  return output.subarray(0, length);
}

/**
 * Filter 32008, bitshuffle: client data are its version (two values), the size of an element, elements in a block (0: as
 * many as it finds best) and what compresses the blocks (0: nothing, 2: LZ4, 3: zstd).
 */
export function bitshuffleCodec(mode: CodecMode): Codec {
  const chosen = new Map<number, BlockDecoder>();
  const choose = (compression: number): BlockDecoder => {
    if (compression !== 2 && compression !== 3) {
      throw new UnsupportedError(`bitshuffle: compression is ${compression}, expected 0, 2 (LZ4) or 3 (zstd)`);
    }
    const decoder = chosen.get(compression) ?? (compression === 2 ? chooseLz4(mode) : chooseZstd(mode));
    chosen.set(compression, decoder);
    return decoder;
  };
  return {
    id: 32008,
    name: "bitshuffle",
    implementation: mode === "portable" ? "TypeScript" : "TypeScript, compression native",
    decode({ input, clientData: [, , elementSize = 0, blockElements = 0, compression = 0], output }) {
      if (elementSize === 0) throw damaged("elements of 0 bytes");
      if (compression !== 0) return decodeBlocks(input, output, elementSize, choose(compression));
      if (blockElements % TOGETHER !== 0) throw damaged(`blocks of ${blockElements} elements`);
      if (input.length > output.length) throw damaged(`${input.length} bytes, expected at most ${output.length}`);
      unshuffleOnly(input, output, elementSize, blockElements === 0 ? defaultBlock(elementSize) : blockElements);
      return output.subarray(0, input.length);
    },
  };
}
