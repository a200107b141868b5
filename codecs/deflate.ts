import { constants, deflateSync, inflateSync } from "node:zlib";
import { deflate, Z_BUF_ERROR, Z_FINISH, Z_OK, Z_STREAM_END, ZStream, zlibInflate, zlibInflateInit } from "pako";
import { FormatError, H5Error } from "../src/errors.ts";
import type { BlockDecoder, Codec, CodecMode } from "./codec.ts";
import { bindLibrary, nativeFirst } from "./native-library.ts";

/** Deflate codes at most 258 bytes in 2 bits; the blocks' headers and the zlib wrapper only add to the input. */
const maxExpansion = 1032;

function damaged(message: string, cause?: unknown): FormatError {
  return new FormatError(message, { structure: "deflate data", cause });
}

function tooLong(output: Uint8Array): FormatError {
  return damaged(`decodes to more than the expected ${output.length} bytes`);
}

/** Inflates with node:zlib, which allocates its own output: one copy more than libdeflate. */
export function inflateWithZlib(input: Uint8Array, output: Uint8Array): number {
  try {
    const decoded = inflateSync(input, {
      // One piece of the exact size: twice as fast as the default of 16 KiB pieces.
      chunkSize: Math.max(constants.Z_MIN_CHUNK, output.length),
      maxOutputLength: Math.max(1, output.length),
    });
    if (decoded.length > output.length) throw tooLong(output);
    output.set(decoded);
    return decoded.length;
  } catch (error) {
    if (error instanceof FormatError || !(error instanceof Error)) throw error;
    if ("code" in error && error.code === "ERR_BUFFER_TOO_LARGE") throw tooLong(output);
    throw damaged(error.message, error);
  }
}

/** Inflates with pako, which is JavaScript alone. */
export function inflateWithPako(input: Uint8Array, output: Uint8Array): number {
  const stream = new ZStream();
  if (zlibInflateInit(stream) !== Z_OK) throw damaged("pako did not start");
  // pako's output must not be shared memory, which `output` may be.
  const decoded = new Uint8Array(output.length);
  stream.input = input;
  stream.avail_in = input.length;
  stream.output = decoded;
  stream.avail_out = decoded.length;
  const status = zlibInflate(stream, Z_FINISH);
  if (status !== Z_STREAM_END) {
    if (status === Z_BUF_ERROR && stream.avail_out === 0) throw tooLong(output);
    throw damaged(stream.msg === "" ? "unexpected end of file" : stream.msg);
  }
  output.set(decoded.subarray(0, stream.next_out));
  return stream.next_out;
}

function bindLibdeflate(): ((input: Uint8Array, output: Uint8Array) => number | undefined) | undefined {
  return bindLibrary(["libdeflate.so.0", "libdeflate.0.dylib"], (library) => {
    const decompress = library.func("libdeflate_zlib_decompress", "int", [
      "void *",
      "void *",
      "size_t",
      "void *",
      "size_t",
      "void *",
    ]);
    // One for the thread's life: koffi's calls are synchronous, so it is never used twice at a time.
    const decompressor: unknown = library.func("libdeflate_alloc_decompressor", "void *", [])();
    if (decompressor === null) throw new Error("libdeflate_alloc_decompressor gave no memory");
    const written = new BigUint64Array(1);
    return (input, output) => {
      const result: unknown = decompress(decompressor, input, input.length, output, output.length, written);
      return result === 0 ? Number(written[0]) : undefined;
    };
  });
}

/** The fastest way to inflate one zlib stream (RFC 1950) in `mode`. */
export function chooseInflate(mode: CodecMode): BlockDecoder {
  if (mode === "portable") return { implementation: "pako", decode: inflateWithPako };
  return nativeFirst("libdeflate", bindLibdeflate(), { implementation: "node:zlib", decode: inflateWithZlib });
}

/** Deflates to a zlib stream, of at most `limit` bytes: `undefined` where it would be longer. */
export type Deflate = (input: Uint8Array, level: number, limit: number) => Uint8Array | undefined;

/** What cannot be compressed is stored in blocks of at most 64 KiB, each with 5 bytes before it; zlib's may be smaller. */
function maxDeflated(length: number): number {
  return length + Math.ceil(length / 1000) + 64;
}

function shorter(output: Uint8Array, limit: number): Uint8Array | undefined {
  return output.length > limit ? undefined : output;
}

export const deflateWithZlib: Deflate = (input, level, limit) => shorter(deflateSync(input, { level }), limit);

export const deflateWithPako: Deflate = (input, level, limit) => {
  if (!(level >= 0 && level <= 9)) throw new H5Error("argument", `deflate has levels 0 to 9, not ${level}`);
  // pako's input must not be shared memory.
  return shorter(deflate(input.slice(), { level: level as 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 }), limit);
};

function bindLibdeflateCompressor(): Deflate | undefined {
  return bindLibrary(["libdeflate.so.0", "libdeflate.0.dylib"], (library) => {
    const allocate = library.func("libdeflate_alloc_compressor", "void *", ["int"]);
    const compress = library.func("libdeflate_zlib_compress", "size_t", [
      "void *",
      "void *",
      "size_t",
      "void *",
      "size_t",
    ]);
    // One for each level, for the thread's life.
    const compressors = new Map<number, unknown>();
    return (input: Uint8Array, level: number, limit: number) => {
      let compressor = compressors.get(level);
      if (compressor === undefined) {
        compressor = allocate(level);
        if (compressor === null) throw new H5Error("limit", "libdeflate found no memory");
        compressors.set(level, compressor);
      }
      const output = Buffer.allocUnsafeSlow(Math.max(1, limit));
      const length = Number(compress(compressor, input, input.length, output, limit));
      return length === 0 ? undefined : output.subarray(0, length);
    };
  });
}

function chooseDeflate(mode: CodecMode): Deflate {
  if (mode === "portable") return deflateWithPako;
  const native = bindLibdeflateCompressor();
  // An empty array has no address that may be handed out.
  return (input, level, limit) =>
    native === undefined || input.length === 0 ? deflateWithZlib(input, level, limit) : native(input, level, limit);
}

/** Filter 1, deflate: one zlib stream; bytes after its end are not looked at, as in libhdf5. */
export function deflateCodec(mode: CodecMode): Codec {
  const inflate = chooseInflate(mode);
  let deflateChunk: Deflate | undefined;
  return {
    id: 1,
    name: "deflate",
    implementation: inflate.implementation,
    maxExpansion,
    decode({ input, output }) {
      return output.subarray(0, inflate.decode(input, output));
    },
    encode({ input, clientData: [level = 6] }) {
      deflateChunk ??= chooseDeflate(mode);
      // Never left out, as in libhdf5: where that rewrites a chunk to as many bytes as it had, it leaves the filter mask as it was
      // (2.0), and a chunk that had been stored without deflate could not be read any more.
      return deflateChunk(input, level, maxDeflated(input.length));
    },
  };
}
