import { bitshuffleCodec } from "./bitshuffle.ts";
import { bloscCodec } from "./blosc.ts";
import { bzip2Codec } from "./bzip2.ts";
import type { Codec, CodecMode } from "./codec.ts";
import { deflateCodec } from "./deflate.ts";
import { fletcher32Codec } from "./fletcher32.ts";
import { lz4Codec } from "./lz4-filter.ts";
import { lzfCodec } from "./lzf.ts";
import { lzoCodec } from "./lzo.ts";
import { nbitCodec } from "./nbit.ts";
import { scaleoffsetCodec } from "./scaleoffset.ts";
import { shuffleCodec } from "./shuffle.ts";
import { szipCodec } from "./szip.ts";
import { zstdCodec } from "./zstd.ts";

export { filterName } from "./filter-names.ts";

/** The filters that can be undone, by id. A codec is made when a chunk first needs it: that is when libraries are loaded. */
const makers = new Map<number, (mode: CodecMode) => Codec>([
  [1, deflateCodec],
  [2, () => shuffleCodec],
  [3, () => fletcher32Codec],
  [4, () => szipCodec],
  [5, () => nbitCodec],
  [6, () => scaleoffsetCodec],
  [305, lzoCodec],
  [307, bzip2Codec],
  [32000, () => lzfCodec],
  [32001, bloscCodec],
  [32004, lz4Codec],
  [32008, bitshuffleCodec],
  [32015, zstdCodec],
]);

const made = { native: new Map<number, Codec>(), portable: new Map<number, Codec>() };

/** Whether filter `id` can be undone; asking loads nothing. */
export function hasCodec(id: number): boolean {
  return makers.has(id);
}

/**
 * The codec of filter `id`, or `undefined` where there is none. In mode "native" it uses a system library where one is
 * found, and else, without a word, what mode "portable" uses; both give the same bytes. Codecs belong to the thread.
 */
export function findCodec(id: number, mode: CodecMode): Codec | undefined {
  const known = made[mode].get(id);
  if (known !== undefined) return known;
  const codec = makers.get(id)?.(mode);
  if (codec !== undefined) made[mode].set(id, codec);
  return codec;
}

/** What undoes filter `id` in `mode`, for people to read: "libdeflate (native)", "node:zlib", "pako", "none". */
export function codecImplementation(id: number, mode: CodecMode): string {
  return findCodec(id, mode)?.implementation ?? "none";
}
