import { deflateSync } from "node:zlib";
import { encodeLz4Block } from "./lz4-encode.ts";
import { shuffle } from "./shuffle-bytes.ts";

const HEADER_SIZE = 16;
const FORMAT_VERSION = 2;
const INNER_FORMAT_VERSION = 1;
const SHUFFLED = 0x01;
const COPIED = 0x02;
const LZ4 = 1;
const ZLIB = 3;

/** The filter's fourth inner codec (c-blosc's BLOSC_ZLIB). */
const ZLIB_CODEC = 4;

/** Decoded bytes of a block: what LZ4 looks back over, for the elements of four bytes that are most common. */
const BLOCK_SIZE = 1 << 18;
/** A block is split only where an element has at most so many bytes, and each stream gets at least so many. */
const MAX_SPLITS = 16;
const MIN_STREAM = 128;

/** How a chunk is to be made, from the client data values of the filter. */
export interface BloscOptions {
  readonly typeSize: number;
  /** 0 to 9; 0 only stores. */
  readonly level: number;
  readonly shuffled: boolean;
  /** Whether zlib compresses. All others do it by LZ4, which every Blosc reads: a chunk says itself what it is. */
  readonly zlib: boolean;
}

/** The filter's values: two versions, size of an element, bytes of a chunk, level, shuffle, inner codec. */
export function bloscOptions([
  ,
  ,
  typeSize = 1,
  ,
  level = 5,
  shuffled = 1,
  codec = 0,
]: readonly number[]): BloscOptions {
  return {
    typeSize: typeSize > 255 ? 1 : Math.max(typeSize, 1),
    level,
    shuffled: shuffled > 0,
    zlib: codec === ZLIB_CODEC,
  };
}

/** One Blosc 1 chunk (c-blosc, README_CHUNK_FORMAT.rst); what does not get smaller is copied into it. */
export function encodeBlosc(input: Uint8Array, options: BloscOptions): Uint8Array {
  const { typeSize, shuffled, zlib, level } = options;
  const isShuffled = shuffled && typeSize > 1;
  const blockSize = Math.min(input.length, Math.max(typeSize, Math.floor(BLOCK_SIZE / typeSize) * typeSize));
  const flags = ((zlib ? ZLIB : LZ4) << 5) | (isShuffled ? SHUFFLED : 0);
  const output = new Uint8Array(HEADER_SIZE + input.length);
  const length = level === 0 ? undefined : putBlocks(input, output, blockSize, options, isShuffled);
  if (length === undefined) output.set(input, HEADER_SIZE);
  const view = new DataView(output.buffer);
  view.setUint8(0, FORMAT_VERSION);
  view.setUint8(1, INNER_FORMAT_VERSION);
  view.setUint8(2, length === undefined ? flags | COPIED : flags);
  view.setUint8(3, typeSize);
  view.setUint32(4, input.length, true);
  view.setUint32(8, blockSize, true);
  view.setUint32(12, length ?? output.length, true);
  return output.subarray(0, length ?? output.length);
}

/** Where each block begins, then the blocks. @returns the chunk's length; `undefined`: it gets no smaller */
function putBlocks(
  input: Uint8Array,
  output: Uint8Array,
  blockSize: number,
  { typeSize, zlib, level }: BloscOptions,
  isShuffled: boolean,
): number | undefined {
  const view = new DataView(output.buffer);
  const count = Math.ceil(input.length / Math.max(blockSize, 1));
  let to = HEADER_SIZE + 4 * count;
  const shuffledBlock = new Uint8Array(isShuffled ? blockSize : 0);
  for (let block = 0; block < count; block++) {
    const source = input.subarray(block * blockSize, (block + 1) * blockSize);
    const bytes = isShuffled ? shuffledBlock.subarray(0, source.length) : source;
    if (isShuffled) shuffle(source, bytes, typeSize);
    const isSplit =
      typeSize <= MAX_SPLITS && Math.floor(source.length / typeSize) >= MIN_STREAM && source.length === blockSize;
    if (isSplit && source.length % typeSize !== 0) return undefined;
    const streamSize = isSplit ? source.length / typeSize : source.length;
    if (to + 4 > output.length) return undefined;
    view.setUint32(HEADER_SIZE + 4 * block, to, true);
    for (let at = 0; at < bytes.length; at += streamSize) {
      const end = putStream(bytes.subarray(at, at + streamSize), output, to, zlib ? level : undefined);
      if (end === undefined) return undefined;
      to = end;
    }
  }
  return to < output.length ? to : undefined;
}

/** A stream's length, and the stream; one of its own length is stored as it is. @param level of zlib; LZ4 without it */
function putStream(stream: Uint8Array, output: Uint8Array, at: number, level: number | undefined): number | undefined {
  const room = output.subarray(at + 4, at + 4 + stream.length - 1);
  let length: number | undefined;
  if (level === undefined) {
    length = encodeLz4Block(stream, room);
  } else {
    const deflated = deflateSync(stream, { level });
    if (deflated.length <= room.length) {
      room.set(deflated);
      length = deflated.length;
    }
  }
  if (length === undefined) {
    if (at + 4 + stream.length > output.length) return undefined;
    output.set(stream, at + 4);
    length = stream.length;
  }
  new DataView(output.buffer).setUint32(at, length, true);
  return at + 4 + length;
}
