import { FormatError, UnsupportedError } from "../src/errors.ts";
import { bitUnshuffle } from "./bit-unshuffle.ts";
import { bloscOptions, encodeBlosc } from "./blosc-encode.ts";
import { decodeBloscLz } from "./blosclz.ts";
import type { BlockDecoder, Codec, CodecMode } from "./codec.ts";
import { chooseInflate } from "./deflate.ts";
import { chooseLz4 } from "./lz4.ts";
import { bindLibrary, nativeFirst } from "./native-library.ts";
import { chooseSnappy } from "./snappy.ts";
import { unshuffle } from "./unshuffle.ts";
import { chooseZstd } from "./zstd.ts";

/** The header of a Blosc 1 chunk (c-blosc, README_CHUNK_FORMAT.rst). */
interface BloscHeader {
  readonly typeSize: number;
  /** Decoded bytes of the chunk, and of each of its blocks but the last. */
  readonly size: number;
  readonly blockSize: number;
  /** Bytes of the chunk as it is stored, header included. */
  readonly storedSize: number;
  readonly copied: boolean;
  readonly byteShuffled: boolean;
  readonly bitShuffled: boolean;
  /** Blocks were not split into one stream for each byte of an element. */
  readonly neverSplit: boolean;
  readonly format: number;
}

const headerSize = 16;
const formatVersion = 2;
const innerFormatVersion = 1;
/** A block is split only where an element has at most so many bytes, and each stream gets at least so many. */
const maxSplits = 16;
const minStreamSize = 128;
const innerNames = ["BloscLZ", "LZ4", "snappy", "zlib", "zstd"];

function damaged(message: string): FormatError {
  return new FormatError(message, { structure: "blosc chunk" });
}

/** Decodes and checks the header; `outputSize` is the most that the chunk may decode to. */
function decodeHeader(input: Uint8Array, outputSize: number): BloscHeader {
  if (input.length < headerSize) throw damaged(`${input.length} bytes, its header alone takes ${headerSize}`);
  const view = new DataView(input.buffer, input.byteOffset, headerSize);
  const version = view.getUint8(0);
  if (version !== formatVersion) {
    // Blosc 2 chunks have a filter of their own, 32026.
    throw new UnsupportedError(`blosc chunk: format version is ${version}, expected ${formatVersion}`);
  }
  const flags = view.getUint8(2);
  const header = {
    typeSize: view.getUint8(3),
    size: view.getUint32(4, true),
    blockSize: view.getUint32(8, true),
    storedSize: view.getUint32(12, true),
    copied: (flags & 0x02) !== 0,
    byteShuffled: (flags & 0x01) !== 0,
    bitShuffled: (flags & 0x04) !== 0,
    neverSplit: (flags & 0x10) !== 0,
    format: flags >> 5,
  };
  if ((flags & 0x08) !== 0)
    throw new UnsupportedError(`blosc chunk: flags are 0x${flags.toString(16)}, bit 3 is unknown`);
  if (header.size > outputSize) throw damaged(`decodes to ${header.size} bytes, expected at most ${outputSize}`);
  if (header.storedSize > input.length || header.storedSize < headerSize) {
    throw damaged(`says it is stored in ${header.storedSize} bytes, there are ${input.length}`);
  }
  if (header.size > 0 && (header.blockSize < 1 || header.blockSize > header.size || header.typeSize < 1)) {
    throw damaged(`blocks of ${header.blockSize} bytes, elements of ${header.typeSize}, in ${header.size} bytes`);
  }
  if (header.copied) {
    if (header.storedSize !== headerSize + header.size) {
      throw damaged(`${header.size} bytes, copied, are said to be stored in ${header.storedSize}`);
    }
    return header;
  }
  const innerVersion = view.getUint8(1);
  const inner = innerNames[header.format];
  if (inner === undefined || innerVersion !== innerFormatVersion) {
    throw new UnsupportedError(
      `blosc chunk: compression format is ${inner ?? header.format}, version ${innerVersion}, expected version ${innerFormatVersion} of ${innerNames.join(", ")}`,
    );
  }
  if (header.size > 0 && Math.ceil(header.size / header.blockSize) * 4 > header.storedSize - headerSize) {
    throw damaged(`${header.storedSize} stored bytes cannot list its blocks of ${header.blockSize} bytes`);
  }
  return header;
}

/** Memory for one shuffled block; kept for the next one. */
let shuffled = new Uint8Array(0);

/** Decodes the blocks one by one, with the inner decoder that the header names. */
function decodeBlocks(
  input: Uint8Array,
  output: Uint8Array,
  header: BloscHeader,
  chooseInner: (format: number) => BlockDecoder,
): void {
  const { decode } = chooseInner(header.format);
  const view = new DataView(input.buffer, input.byteOffset, header.storedSize);
  for (let block = 0, at = 0; at < header.size; block++, at += header.blockSize) {
    const target = output.subarray(at, Math.min(at + header.blockSize, header.size));
    const size = target.length;
    const byteShuffled = header.byteShuffled && header.typeSize > 1;
    const bitShuffled = !byteShuffled && header.bitShuffled && size >= header.typeSize;
    if ((byteShuffled || bitShuffled) && shuffled.length < size) shuffled = new Uint8Array(size);
    const streams = byteShuffled || bitShuffled ? shuffled.subarray(0, size) : target;
    const split =
      !header.neverSplit &&
      header.typeSize <= maxSplits &&
      Math.floor(size / header.typeSize) >= minStreamSize &&
      size === header.blockSize;
    const streamSize = split ? size / header.typeSize : size;
    if (!Number.isInteger(streamSize)) throw damaged(`a block of ${size} bytes is split in ${header.typeSize}`);
    let from = view.getUint32(headerSize + block * 4, true);
    for (let done = 0; done < size; done += streamSize) {
      if (from + 4 > header.storedSize) throw damaged(`block ${block} lies at ${from}, behind the chunk's end`);
      const length = view.getUint32(from, true);
      from += 4;
      if (from + length > header.storedSize) throw damaged(`block ${block} has ${length} bytes, at ${from}, too many`);
      const stream = input.subarray(from, from + length);
      from += length;
      if (length === streamSize) {
        streams.set(stream, done);
      } else {
        const decoded = decode(stream, streams.subarray(done, done + streamSize));
        if (decoded !== streamSize) throw damaged(`block ${block} decodes to ${decoded} bytes, expected ${streamSize}`);
      }
    }
    if (byteShuffled) {
      unshuffle(streams, target, header.typeSize);
    } else if (bitShuffled) {
      const count = Math.floor(size / header.typeSize);
      // A block whose elements are no multiple of 8 is left as it is by Blosc 1.
      const whole = count % 8 === 0 ? count * header.typeSize : 0;
      if (whole > 0) bitUnshuffle(streams, target, header.typeSize, count);
      target.set(streams.subarray(whole), whole);
    }
  }
}

function bindLibblosc(): ((input: Uint8Array, output: Uint8Array) => number | undefined) | undefined {
  return bindLibrary(["libblosc.so.1", "libblosc.1.dylib"], (library) => {
    // Came with 1.16, after which the library no longer trusts what it decodes.
    library.symbol("blosc_cbuffer_validate");
    const decompress = library.func("blosc_decompress_ctx", "int", ["void *", "void *", "size_t", "int"]);
    return (input, output) => {
      const header = decodeHeader(input, output.length);
      const result: unknown = decompress(input, output, output.length, 1);
      return typeof result === "number" && result === header.size ? result : undefined;
    };
  });
}

/** Blosc by its header and blocks, with inner decoders of `mode`, each chosen when a chunk first needs it. */
export function bloscByBlocks(mode: CodecMode): BlockDecoder {
  const makers = [
    () => ({ implementation: "TypeScript", decode: decodeBloscLz }),
    () => chooseLz4(mode),
    () => chooseSnappy(mode),
    () => chooseInflate(mode),
    () => chooseZstd(mode),
  ];
  const chosen: (BlockDecoder | undefined)[] = [];
  const chooseInner = (format: number): BlockDecoder => {
    const decoder = chosen[format] ?? makers[format]?.();
    if (decoder === undefined) throw new UnsupportedError(`blosc chunk: compression format is ${format}`);
    chosen[format] = decoder;
    return decoder;
  };
  return {
    implementation: mode === "portable" ? "TypeScript" : "TypeScript, inner codecs native",
    decode(input, output) {
      const header = decodeHeader(input, output.length);
      if (header.copied) output.set(input.subarray(headerSize, headerSize + header.size));
      else decodeBlocks(input, output, header, chooseInner);
      return header.size;
    },
  };
}

/** Filter 32001, blosc: one Blosc 1 chunk, which says all about itself; the client data values do not matter for decoding.
 * What is encoded is compressed by zlib where the filter says so, else by LZ4, whatever it says: readers go by the chunk. */
export function bloscCodec(mode: CodecMode): Codec {
  const byBlocks = bloscByBlocks(mode);
  const decoder = mode === "native" ? nativeFirst("libblosc", bindLibblosc(), byBlocks) : byBlocks;
  return {
    id: 32001,
    name: "blosc",
    implementation: decoder.implementation,
    decode({ input, output }) {
      return output.subarray(0, decoder.decode(input, output));
    },
    encode({ input, clientData, optional }) {
      const encoded = encodeBlosc(input, bloscOptions(clientData));
      return optional && encoded.length >= input.length ? undefined : encoded;
    },
  };
}
