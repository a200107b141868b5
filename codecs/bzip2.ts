import { FormatError, H5Error } from "../src/errors.ts";
import { bzip2Crc } from "./bzip2-crc.ts";
import { encodeBzip2 } from "./bzip2-encode.ts";
import { Bzip2Bits, readHuffmanTable } from "./bzip2-huffman.ts";
import type { BlockDecoder, Codec, CodecMode } from "./codec.ts";
import { bindLibrary, nativeFirst } from "./native-library.ts";

function damaged(message: string): FormatError {
  return new FormatError(message, { structure: "bzip2 data" });
}

const LIBRARIES = ["libbz2.so.1.0", "libbz2.so.1", "libbz2.1.dylib"];

/** Symbols that one Huffman table is used for before the next selector. */
const groupSize = 50;
const runB = 1;

/** The block being decoded: per byte, the byte itself and, above it, the place of its successor. */
let links = new Uint32Array(0);

/**
 * Decodes the bzip2 stream at the start of `input` to the start of `output`; returns the decoded length. What follows the
 * stream is not looked at. Checksums of blocks and of the whole are verified.
 */
export function decodeBzip2(input: Uint8Array, output: Uint8Array): number {
  const bits = new Bzip2Bits(input);
  if (bits.read(8) !== 0x42 || bits.read(8) !== 0x5a || bits.read(8) !== 0x68)
    throw damaged('does not begin with "BZh"');
  const level = bits.read(8) - 0x30;
  if (level < 1 || level > 9) throw damaged(`block size is ${level}, expected 1 to 9`);
  let at = 0;
  let combined = 0;
  for (;;) {
    const high = bits.read(24);
    const low = bits.read(24);
    const checksum = ((bits.read(16) << 16) | bits.read(16)) >>> 0;
    if (high === 0x177245 && low === 0x385090) {
      if (checksum !== combined) throw damaged("the checksum of the whole does not match");
      return at;
    }
    if (high !== 0x314159 || low !== 0x265359) throw damaged("a block does not begin with its signature");
    // Each 5 bytes of a block, 4 equal ones and a count, give 4 bytes at least.
    const most = Math.min(level * 100_000, Math.ceil((output.length - at) * 1.25) + 5);
    const { size, origin } = decodeBlock(bits, most);
    const end = writeBlock(size, origin, output, at);
    const computed = bzip2Crc(output, at, end);
    if (computed !== checksum) {
      throw damaged(`a block's checksum is 0x${checksum.toString(16)}, computed is 0x${computed.toString(16)}`);
    }
    combined = (((combined << 1) | (combined >>> 31)) ^ checksum) >>> 0;
    at = end;
  }
}

/** Decodes one block to the low bytes of `links`, at most `most` bytes, and links them in their original order. */
function decodeBlock(bits: Bzip2Bits, most: number): { size: number; origin: number } {
  if (bits.read(1) !== 0) throw damaged("a block is randomised, as by bzip2 before 0.9.5 only");
  const origin = bits.read(24);
  const bytes = readBytesInUse(bits);
  const alphabet = bytes.length + 2;
  const endOfBlock = bytes.length + 1;
  const tableCount = bits.read(3);
  if (tableCount < 2 || tableCount > 6) throw damaged(`${tableCount} Huffman tables, expected 2 to 6`);
  const selectors = readSelectors(bits, tableCount);
  const tables = Array.from({ length: tableCount }, () => readHuffmanTable(bits, alphabet));

  if (links.length < most) links = new Uint32Array(most);
  const counts = new Uint32Array(256);
  // The move-to-front list, as the bytes themselves.
  const recent = Uint8Array.from(bytes);
  let size = 0;
  let run = 0;
  let runWeight = 1;
  for (let group = 0; ; group++) {
    const table = tables[selectors[group] ?? -1];
    if (table === undefined) throw damaged("a block has more symbols than its selectors are for");
    for (let i = 0; i < groupSize; i++) {
      const symbol = table.read(bits);
      if (symbol <= runB) {
        if (runWeight > 1 << 21) throw damaged("a run is longer than any block");
        run += runWeight << symbol;
        runWeight <<= 1;
        continue;
      }
      if (run > 0) {
        if (size + run > most) throw damaged(`a block has more than ${most} bytes`);
        const byte = recent[0] as number;
        counts[byte] = (counts[byte] as number) + run;
        links.fill(byte, size, size + run);
        size += run;
        run = 0;
        runWeight = 1;
      }
      if (symbol === endOfBlock) {
        if (origin >= size) throw damaged(`a block of ${size} bytes begins at byte ${origin}`);
        linkBlock(size, counts);
        return { size, origin };
      }
      if (size >= most) throw damaged(`a block has more than ${most} bytes`);
      const place = symbol - 1;
      const byte = recent[place] as number;
      if (place < 16) for (let k = place; k > 0; k--) recent[k] = recent[k - 1] as number;
      else recent.copyWithin(1, 0, place);
      recent[0] = byte;
      counts[byte] = (counts[byte] as number) + 1;
      links[size++] = byte;
    }
    bits.checkEnd();
  }
}

/** The bytes that occur in a block, in order: two levels of bit maps. */
function readBytesInUse(bits: Bzip2Bits): number[] {
  const ranges = bits.read(16);
  const bytes: number[] = [];
  for (let range = 0; range < 16; range++) {
    if (((ranges << range) & 0x8000) === 0) continue;
    const used = bits.read(16);
    for (let i = 0; i < 16; i++) if (((used << i) & 0x8000) !== 0) bytes.push(range * 16 + i);
  }
  if (bytes.length === 0) throw damaged("a block uses no bytes");
  return bytes;
}

/** Which table each group of symbols is coded with, by a move-to-front list of the tables. */
function readSelectors(bits: Bzip2Bits, tableCount: number): Uint8Array {
  const selectors = new Uint8Array(bits.read(15));
  if (selectors.length === 0) throw damaged("a block has no selectors");
  const recent = [0, 1, 2, 3, 4, 5].slice(0, tableCount);
  for (let i = 0; i < selectors.length; i++) {
    let place = 0;
    while (bits.read(1) !== 0) if (++place >= tableCount) throw damaged("a selector names no table");
    const [table] = recent.splice(place, 1);
    if (table === undefined) throw damaged("a selector names no table");
    recent.unshift(table);
    selectors[i] = table;
  }
  return selectors;
}

/** Undoes the Burrows-Wheeler transform as far as links: sorted by byte, each place tells where its successor stands. */
function linkBlock(size: number, counts: Uint32Array): void {
  const starts = new Uint32Array(256);
  for (let byte = 1; byte < 256; byte++) {
    starts[byte] = (starts[byte - 1] as number) + (counts[byte - 1] as number);
  }
  for (let i = 0; i < size; i++) {
    const byte = (links[i] as number) & 0xff;
    const place = starts[byte] as number;
    starts[byte] = place + 1;
    links[place] = (links[place] as number) | (i << 8);
  }
}

/** Follows the links and undoes the first run-length coding: after 4 equal bytes, how many more of them. Returns the end. */
function writeBlock(size: number, origin: number, output: Uint8Array, start: number): number {
  let at = start;
  let link = (links[origin] as number) >>> 8;
  let equal = 0;
  let last = -1;
  for (let i = 0; i < size; i++) {
    const entry = links[link] as number;
    const byte = entry & 0xff;
    link = entry >>> 8;
    if (equal === 4) {
      if (at + byte > output.length) throw damaged(`decodes to more than the expected ${output.length} bytes`);
      output.fill(last, at, at + byte);
      at += byte;
      equal = 0;
      last = -1;
      continue;
    }
    if (at >= output.length) throw damaged(`decodes to more than the expected ${output.length} bytes`);
    equal = byte === last ? equal + 1 : 1;
    last = byte;
    output[at++] = byte;
  }
  return at;
}

function chooseBzip2(mode: CodecMode): BlockDecoder {
  const native =
    mode === "native"
      ? bindLibrary(LIBRARIES, (library) => {
          const decompress = library.func("BZ2_bzBuffToBuffDecompress", "int", [
            "void *",
            "void *",
            "void *",
            "uint",
            "int",
            "int",
          ]);
          const length = new Uint32Array(1);
          return (input: Uint8Array, output: Uint8Array) => {
            length[0] = output.length;
            return decompress(output, length, input, input.length, 0, 0) === 0 ? length[0] : undefined;
          };
        })
      : undefined;
  return nativeFirst("libbz2", native, { implementation: "TypeScript", decode: decodeBzip2 });
}

type Encode = (input: Uint8Array, level: number) => Uint8Array;

/** The original program's bound for its output. */
function maxEncoded(length: number): number {
  return length + Math.ceil(length / 100) + 600;
}

function bindCompressor(): Encode | undefined {
  return bindLibrary(LIBRARIES, (library) => {
    const compress = library.func("BZ2_bzBuffToBuffCompress", "int", [
      "void *",
      "void *",
      "void *",
      "uint",
      "int",
      "int",
      "int",
    ]);
    const length = new Uint32Array(1);
    return (input: Uint8Array, level: number) => {
      // An empty array has no address that may be handed out.
      if (input.length === 0 || maxEncoded(input.length) > 0x7fffffff) return encodeBzip2(input, level);
      const output = Buffer.allocUnsafeSlow(maxEncoded(input.length));
      length[0] = output.length;
      const result: unknown = compress(output, length, input, input.length, level, 0, 0);
      if (result !== 0) throw new H5Error("limit", `libbz2 failed to compress ${input.length} bytes (${result})`);
      return output.subarray(0, length[0]);
    };
  });
}

/** Filter 307, bzip2 (PyTables): one bzip2 stream; its first client data value is the level that it was made with. */
export function bzip2Codec(mode: CodecMode): Codec {
  const decoder = chooseBzip2(mode);
  let encode: Encode | undefined;
  return {
    id: 307,
    name: "bzip2",
    implementation: decoder.implementation,
    decode({ input, output }) {
      return output.subarray(0, decoder.decode(input, output));
    },
    encode({ input, clientData: [level = 9] }) {
      if (!(level >= 1 && level <= 9)) throw new H5Error("argument", `bzip2 has levels 1 to 9, not ${level}`);
      encode ??= (mode === "native" ? bindCompressor() : undefined) ?? encodeBzip2;
      // Never left out, as by PyTables.
      return encode(input, level);
    },
  };
}
