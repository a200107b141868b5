import { FormatError, UnsupportedError } from "../src/errors.ts";
import type { BlockDecoder, Codec, CodecMode } from "./codec.ts";
import { bindLibrary, nativeFirst } from "./native-library.ts";
import { xxHash64Low } from "./xxhash64.ts";
import { decodeHuffmanStream, type HuffmanTable, readHuffmanTree } from "./zstd-huffman.ts";
import { decodeSequences, newSequenceState, type SequenceState } from "./zstd-sequences.ts";

const frameMagic = 0xfd2fb528;
/** The lowest four bits of a skippable frame's magic number are its writer's. */
const skippableMagic = 0x184d2a5;
const maxBlockSize = 128 * 1024;

function damaged(message: string): FormatError {
  return new FormatError(message, { structure: "zstd frame" });
}

/** Memory for one block's literals. */
let literalsBuffer = new Uint8Array(0);

/** What a frame's blocks carry over from one to the next. */
interface FrameState {
  readonly sequences: SequenceState;
  tree: HuffmanTable | undefined;
}

/**
 * Decodes the zstd frames (RFC 8878) that fill `input` to the start of `output`, one behind the other, and returns the
 * decoded length. A content checksum is verified; dictionaries are refused.
 */
export function decodeZstd(input: Uint8Array, output: Uint8Array): number {
  const view = new DataView(input.buffer, input.byteOffset, input.length);
  if (input.length === 0) throw damaged("no data");
  let from = 0;
  let at = 0;
  while (from < input.length) {
    if (from + 8 > input.length) throw damaged("ends inside a frame's header");
    const magic = view.getUint32(from, true);
    if (magic >>> 4 === skippableMagic) {
      from += 8 + view.getUint32(from + 4, true);
      if (from > input.length) throw damaged("ends inside a skippable frame");
    } else if (magic === frameMagic) {
      ({ from, at } = decodeFrame(view, input, from + 4, output, at));
    } else {
      throw damaged(`magic number is 0x${magic.toString(16)}, expected 0x${frameMagic.toString(16)}`);
    }
  }
  return at;
}

/** Decodes one frame, whose header begins at `start`; returns where it ends in input and output. */
function decodeFrame(
  view: DataView,
  input: Uint8Array,
  start: number,
  output: Uint8Array,
  frameStart: number,
): { from: number; at: number } {
  const descriptor = view.getUint8(start);
  const singleSegment = (descriptor & 0x20) !== 0;
  if ((descriptor & 0x08) !== 0) throw damaged("a reserved bit of the frame's header is set");
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? (singleSegment ? 1 : 0) : 1 << sizeFlag;
  let from = start + 1 + (singleSegment ? 0 : 1);
  if (from + dictionaryBytes + sizeBytes > input.length) throw damaged("ends inside a frame's header");
  for (let i = 0; i < dictionaryBytes; i++) {
    if (view.getUint8(from++) !== 0) throw new UnsupportedError("zstd frame: needs a dictionary");
  }
  const size = readContentSize(view, from, sizeBytes);
  from += sizeBytes;
  if (size !== undefined && size > output.length - frameStart) {
    throw damaged(`decodes to ${size} bytes, expected at most ${output.length - frameStart}`);
  }
  const state: FrameState = { sequences: newSequenceState(), tree: undefined };
  let at = frameStart;
  for (let last = false; !last; ) {
    if (from + 3 > input.length) throw damaged("ends inside a block's header");
    const header = view.getUint16(from, true) | (view.getUint8(from + 2) << 16);
    from += 3;
    last = (header & 1) !== 0;
    const kind = (header >> 1) & 3;
    const blockSize = header >> 3;
    const stored = kind === 1 ? 1 : blockSize;
    if (from + stored > input.length) throw damaged("ends inside a block");
    if (blockSize > maxBlockSize) throw damaged(`a block has ${blockSize} bytes, expected at most ${maxBlockSize}`);
    if (kind === 3) throw damaged("a block has the reserved type");
    if (kind === 2) {
      at = decodeBlock(input.subarray(from, from + blockSize), state, output, at, frameStart);
    } else {
      if (at + blockSize > output.length) throw damaged(`decodes to more than the expected ${output.length} bytes`);
      if (kind === 0) output.set(input.subarray(from, from + blockSize), at);
      else output.fill(view.getUint8(from), at, at + blockSize);
      at += blockSize;
    }
    from += stored;
  }
  if (size !== undefined && at - frameStart !== size) {
    throw damaged(`decodes to ${at - frameStart} bytes, expected ${size}`);
  }
  if ((descriptor & 0x04) !== 0) {
    if (from + 4 > input.length) throw damaged("ends inside the checksum");
    const stored = view.getUint32(from, true);
    const computed = xxHash64Low(output.subarray(frameStart, at));
    if (stored !== computed) {
      throw damaged(`stored checksum is 0x${stored.toString(16)}, computed is 0x${computed.toString(16)}`);
    }
    from += 4;
  }
  return { from, at };
}

function readContentSize(view: DataView, from: number, bytes: number): number | undefined {
  if (bytes === 0) return undefined;
  if (bytes === 1) return view.getUint8(from);
  if (bytes === 2) return view.getUint16(from, true) + 256;
  if (bytes === 4) return view.getUint32(from, true);
  return view.getUint32(from, true) + view.getUint32(from + 4, true) * 2 ** 32;
}

/** Decodes one compressed block (RFC 8878, 3.1.1.3): its literals, then the sequences that use them. */
function decodeBlock(block: Uint8Array, state: FrameState, output: Uint8Array, at: number, frameStart: number): number {
  const { literals, size } = readLiterals(block, state);
  return decodeSequences(block.subarray(size), literals, state.sequences, output, at, frameStart);
}

/** Reads the literals section at the start of `block` (RFC 8878, 3.1.1.3.1); returns the literals and the section's size. */
function readLiterals(block: Uint8Array, state: FrameState): { literals: Uint8Array; size: number } {
  const header = (block[0] ?? 0) | ((block[1] ?? 0) << 8) | ((block[2] ?? 0) << 16);
  const kind = header & 3;
  const sizeFormat = (header >> 2) & 3;
  if (kind < 2) {
    const headerSize = (sizeFormat & 1) === 0 ? 1 : sizeFormat === 1 ? 2 : 3;
    const length = headerSize === 1 ? (header & 0xff) >> 3 : (header & (headerSize === 2 ? 0xffff : 0xffffff)) >> 4;
    const size = headerSize + (kind === 0 ? length : 1);
    if (size > block.length || length > maxBlockSize) throw damaged("ends inside the literals");
    if (kind === 0) return { literals: block.subarray(headerSize, size), size };
    return { literals: takeLiterals(length).fill(block[headerSize] as number), size };
  }
  const sizeBits = sizeFormat < 2 ? 10 : sizeFormat === 2 ? 14 : 18;
  const headerSize = sizeFormat < 2 ? 3 : sizeFormat === 2 ? 4 : 5;
  const wide = header + (block[3] ?? 0) * 2 ** 24 + (block[4] ?? 0) * 2 ** 32;
  const length = Math.floor(wide / 16) % 2 ** sizeBits;
  const stored = Math.floor(wide / 2 ** (4 + sizeBits)) % 2 ** sizeBits;
  const size = headerSize + stored;
  if (size > block.length || length > maxBlockSize) throw damaged("ends inside the literals");
  let streams = block.subarray(headerSize, size);
  if (kind === 2) {
    const tree = readHuffmanTree(streams);
    state.tree = tree.table;
    streams = streams.subarray(tree.size);
  }
  if (state.tree === undefined) throw damaged("repeats a Huffman tree, there is none before");
  const literals = takeLiterals(length);
  if (sizeFormat === 0) decodeHuffmanStream(streams, state.tree, literals);
  else decodeFourStreams(streams, state.tree, literals);
  return { literals, size };
}

function takeLiterals(length: number): Uint8Array {
  if (literalsBuffer.length < length) literalsBuffer = new Uint8Array(maxBlockSize);
  return literalsBuffer.subarray(0, length);
}

/** Four streams of a quarter of the literals each, the first three with their stored lengths in front. */
function decodeFourStreams(streams: Uint8Array, tree: HuffmanTable, literals: Uint8Array): void {
  if (streams.length < 6) throw damaged("ends inside the literals");
  const quarter = (literals.length + 3) >> 2;
  let from = 6;
  for (let i = 0; i < 4; i++) {
    const length = i < 3 ? (streams[i * 2] as number) | ((streams[i * 2 + 1] as number) << 8) : streams.length - from;
    if (length < 1 || from + length > streams.length) throw damaged("ends inside the literals");
    decodeHuffmanStream(
      streams.subarray(from, from + length),
      tree,
      literals.subarray(i * quarter, i < 3 ? (i + 1) * quarter : literals.length),
    );
    from += length;
  }
}

function bindLibzstd(): ((input: Uint8Array, output: Uint8Array) => number | undefined) | undefined {
  return bindLibrary(["libzstd.so.1", "libzstd.1.dylib"], (library) => {
    const decompress = library.func("ZSTD_decompressDCtx", "size_t", [
      "void *",
      "void *",
      "size_t",
      "void *",
      "size_t",
    ]);
    // One context for the thread's life: koffi's calls are synchronous, so it is never used twice at a time.
    const context: unknown = library.func("ZSTD_createDCtx", "void *", [])();
    if (context === null) throw new Error("ZSTD_createDCtx gave no memory");
    return (input, output) => {
      const result: unknown = decompress(context, output, output.length, input, input.length);
      // Errors are the largest values of size_t.
      return typeof result === "number" && result <= output.length ? result : undefined;
    };
  });
}

/** The fastest zstd decoder in `mode`. */
export function chooseZstd(mode: CodecMode): BlockDecoder {
  return nativeFirst("libzstd", mode === "native" ? bindLibzstd() : undefined, {
    implementation: "TypeScript",
    decode: decodeZstd,
  });
}

/** Filter 32015, zstd: one frame; its client data value is the level that it was made with. */
export function zstdCodec(mode: CodecMode): Codec {
  const decoder = chooseZstd(mode);
  return {
    id: 32015,
    name: "zstd",
    implementation: decoder.implementation,
    decode({ input, output }) {
      return output.subarray(0, decoder.decode(input, output));
    },
  };
}
