import { FormatError } from "../src/errors.ts";
import { EntropyDecoder } from "./adaptive-entropy.ts";
import type { Codec } from "./codec.ts";
import { unshuffle } from "./unshuffle.ts";

/** What the filter's client data say (H5Zszip.c, szlib.h). */
interface Szip {
  /** A mask of what is below, and of what only encoders need. */
  readonly options: number;
  readonly bitsPerPixel: number;
  readonly pixelsPerBlock: number;
  readonly pixelsPerScanline: number;
}

const BIG_ENDIAN = 16;
const NEAREST_NEIGHBOUR = 32;
/** The length of the chunk, little-endian. */
const HEADER_SIZE = 4;

function damaged(message: string): FormatError {
  return new FormatError(message, { structure: "szip chunk" });
}

function szipOf(clientData: readonly number[]): Szip {
  const [options = 0, pixelsPerBlock = 0, bitsPerPixel = 0, pixelsPerScanline = 0] = clientData;
  const isSize = (bitsPerPixel >= 1 && bitsPerPixel <= 24) || bitsPerPixel === 32 || bitsPerPixel === 64;
  const isBlock = pixelsPerBlock >= 2 && pixelsPerBlock <= 32 && pixelsPerBlock % 2 === 0;
  // szlib.h: SZ_MAX_BLOCKS_PER_SCANLINE is 128; libaec takes up to 4096.
  const isLine = pixelsPerScanline >= 1 && pixelsPerScanline <= 4096 * pixelsPerBlock;
  if (!isSize || !isBlock || !isLine) {
    throw damaged(
      `pixels of ${bitsPerPixel} bits, in blocks of ${pixelsPerBlock} and lines of ${pixelsPerScanline}: there are none such`,
    );
  }
  return { options, bitsPerPixel, pixelsPerBlock, pixelsPerScanline };
}

/** Memory for pixels of 4 or 8 bytes, whose first bytes come first, then all second ones; kept for the next chunk. */
let planes = new Uint8Array(0);

/** Each scanline is coded by itself, in whole blocks: what is behind its end is left out. */
function decodePixels(input: Uint8Array, output: Uint8Array, settings: Szip, bitsPerSample: number): void {
  const { options, pixelsPerBlock, pixelsPerScanline } = settings;
  const littleEndian = (options & BIG_ENDIAN) === 0;
  const decoder = new EntropyDecoder(input, HEADER_SIZE, {
    bitsPerSample,
    samplesPerBlock: pixelsPerBlock,
    blocksPerInterval: Math.ceil(pixelsPerScanline / pixelsPerBlock),
    differences: (options & NEAREST_NEIGHBOUR) !== 0,
  });
  const { samples } = decoder;
  const size = bitsPerSample > 16 ? 4 : bitsPerSample > 8 ? 2 : 1;
  const view = new DataView(output.buffer, output.byteOffset, output.length);
  const total = output.length / size;
  if (!Number.isInteger(total)) throw damaged(`${output.length} bytes are no whole pixels of ${size}`);
  for (let line = 0; line < total; line += pixelsPerScanline) {
    const count = Math.min(pixelsPerScanline, total - line);
    decoder.next(count);
    for (let i = 0, at = line * size; i < count; i++, at += size) {
      const sample = samples[i] as number;
      if (size === 1) output[at] = sample;
      else if (size === 2) view.setUint16(at, sample, littleEndian);
      else view.setUint32(at, sample, littleEndian);
    }
  }
}

/**
 * Filter 4, szip: the length, then samples by the adaptive code of CCSDS 121.0-B. Pixels of 32 and 64 bits are coded as bytes.
 * There is no native form: libaec's, which takes szip's place, says of some data that are cut off that it decoded all.
 */
export const szipCodec: Codec = {
  id: 4,
  name: "szip",
  implementation: "TypeScript",
  decode({ input, clientData, output }) {
    const settings = szipOf(clientData);
    if (input.length < HEADER_SIZE) throw damaged(`${input.length} bytes, its header alone takes ${HEADER_SIZE}`);
    const length = new DataView(input.buffer, input.byteOffset, HEADER_SIZE).getUint32(0, true);
    if (length > output.length) throw damaged(`decodes to ${length} bytes, expected at most ${output.length}`);
    const result = output.subarray(0, length);
    if (settings.bitsPerPixel <= 24) {
      decodePixels(input, result, settings, settings.bitsPerPixel);
      return result;
    }
    if (planes.length < length) planes = new Uint8Array(length);
    const bytes = planes.subarray(0, length);
    decodePixels(input, bytes, settings, 8);
    unshuffle(bytes, result, settings.bitsPerPixel / 8);
    return result;
  },
};
