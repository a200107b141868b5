import { MAX_RANK } from "./dataspace.ts";
import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** How the chunks of a dataset are found, with the parameters that the index needs (IV.A.2.i, "Chunk Indexing Information"). */
export type ChunkIndexing =
  | { readonly type: "b-tree-v1" }
  /** `storedSize` and `filterMask` where the chunk is filtered. */
  | { readonly type: "single"; readonly storedSize: number | undefined; readonly filterMask: number }
  | { readonly type: "implicit" }
  | { readonly type: "fixed-array"; readonly pageBits: number }
  | {
      readonly type: "extensible-array";
      readonly maxBits: number;
      readonly indexElements: number;
      readonly minPointers: number;
      readonly minElements: number;
      readonly pageBits: number;
    }
  | {
      readonly type: "b-tree-v2";
      readonly nodeSize: number;
      readonly splitPercent: number;
      readonly mergePercent: number;
    };

/** Data layout (IV.A.2.i, "The Data Layout Message"), versions 1 to 5. */
export type DataLayout =
  | { readonly kind: "compact"; readonly version: number; readonly bytes: Uint8Array }
  | {
      readonly kind: "contiguous";
      readonly version: number;
      readonly address: number | undefined;
      /** Bytes; `undefined` in versions 1 and 2, whose size fields are too narrow to count. */
      readonly size: number | undefined;
    }
  | {
      readonly kind: "chunked";
      readonly version: number;
      /** In elements. */
      readonly chunkDims: readonly number[];
      /** The last "dimension" as stored: bytes of one element. */
      readonly elementSize: number;
      readonly indexing: ChunkIndexing;
      /** Address of the index, or of the chunk or chunks where there is none. */
      readonly address: number | undefined;
      readonly edgeChunksUnfiltered: boolean;
    }
  | {
      readonly kind: "virtual";
      readonly version: number;
      readonly heapAddress: number | undefined;
      readonly heapIndex: number;
    };

const COMPACT = 0;
const CONTIGUOUS = 1;
const CHUNKED = 2;
const VIRTUAL = 3;

const EDGE_CHUNKS_UNFILTERED = 0x01;
const SINGLE_CHUNK_FILTERED = 0x02;

export function decodeDataLayout(r: Reader): DataLayout {
  const version = r.version(1, 2, 3, 4, 5);
  if (version < 3) return decodeVersion12(r, version);
  const layoutClass = r.u8();
  switch (layoutClass) {
    case COMPACT:
      return { kind: "compact", version, bytes: r.take(r.u16()) };
    case CONTIGUOUS:
      return { kind: "contiguous", version, address: r.offset(), size: r.length() };
    case CHUNKED:
      return version === 3 ? decodeChunkedVersion3(r) : decodeChunkedVersion4(r, version);
    case VIRTUAL:
      if (version === 3) r.fail("layout class is 3 (virtual), which version 3 does not have");
      return { kind: "virtual", version, heapAddress: r.offset(), heapIndex: r.u32() };
    default:
      return r.fail(`layout class is ${layoutClass}, expected 0 to 3`);
  }
}

function decodeVersion12(r: Reader, version: number): DataLayout {
  const ndims = r.u8();
  if (ndims === 0 || ndims > MAX_RANK + 1) r.fail(`dimensionality is ${ndims}, expected 1 to ${MAX_RANK + 1}`);
  const layoutClass = r.u8();
  r.skip(5);
  switch (layoutClass) {
    case COMPACT:
      r.skip(4 * ndims);
      return { kind: "compact", version, bytes: r.take(r.u32()) };
    case CONTIGUOUS:
      return { kind: "contiguous", version, address: r.offset(), size: undefined };
    case CHUNKED: {
      const address = r.offset();
      return chunked(r, version, decodeDims(r, ndims, 4), { type: "b-tree-v1" }, address, false);
    }
    default:
      return r.fail(`layout class is ${layoutClass}, expected 0 to 2`);
  }
}

function decodeChunkedVersion3(r: Reader): DataLayout {
  const ndims = r.u8();
  const address = r.offset();
  return chunked(r, 3, decodeDims(r, ndims, 4), { type: "b-tree-v1" }, address, false);
}

function decodeChunkedVersion4(r: Reader, version: number): DataLayout {
  const flags = r.u8();
  if ((flags & ~(EDGE_CHUNKS_UNFILTERED | SINGLE_CHUNK_FILTERED)) !== 0)
    r.fail(`flags are 0x${flags.toString(16)}, of which some are unknown`);
  const ndims = r.u8();
  const dimSize = r.u8();
  if (dimSize === 0 || dimSize > 8) r.fail(`chunk dimensions of ${dimSize} bytes, expected 1 to 8`);
  const dims = decodeDims(r, ndims, dimSize);
  const indexing = decodeIndexing(r, (flags & SINGLE_CHUNK_FILTERED) !== 0);
  const address = r.offset();
  return chunked(r, version, dims, indexing, address, (flags & EDGE_CHUNKS_UNFILTERED) !== 0);
}

function decodeDims(r: Reader, ndims: number, size: number): number[] {
  if (ndims < 2 || ndims > MAX_RANK + 1) r.fail(`dimensionality is ${ndims}, expected 2 to ${MAX_RANK + 1}`);
  return Array.from({ length: ndims }, (_, d) => r.uint(size) || r.fail(`chunk dimension ${d} is 0`));
}

function decodeIndexing(r: Reader, singleFiltered: boolean): ChunkIndexing {
  const type = r.u8();
  switch (type) {
    case 1:
      return singleFiltered
        ? { type: "single", storedSize: r.length(), filterMask: r.u32() }
        : { type: "single", storedSize: undefined, filterMask: 0 };
    case 2:
      return { type: "implicit" };
    case 3: {
      const pageBits = r.u8();
      if (pageBits === 0) r.fail("fixed array: page bits are 0");
      return { type: "fixed-array", pageBits };
    }
    case 4: {
      const maxBits = r.u8();
      const indexElements = r.u8();
      const minPointers = r.u8();
      const minElements = r.u8();
      const pageBits = r.u8();
      if (maxBits === 0 || indexElements === 0 || minPointers === 0 || minElements === 0 || pageBits === 0) {
        r.fail("extensible array: a creation parameter is 0");
      }
      return { type: "extensible-array", maxBits, indexElements, minPointers, minElements, pageBits };
    }
    case 5: {
      const nodeSize = r.u32();
      const splitPercent = r.u8();
      const mergePercent = r.u8();
      if (nodeSize === 0) r.fail("version 2 B-tree: node size is 0");
      return { type: "b-tree-v2", nodeSize, splitPercent, mergePercent };
    }
    default:
      return r.fail(`chunk index type is ${type}, expected 1 to 5`);
  }
}

function chunked(
  r: Reader,
  version: number,
  dims: readonly number[],
  indexing: ChunkIndexing,
  address: number | undefined,
  edgeChunksUnfiltered: boolean,
): DataLayout {
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (size > Number.MAX_SAFE_INTEGER) r.fail(`a chunk of ${dims.join(" x ")} bytes is too large`);
  const chunkDims = dims.slice(0, -1);
  const elementSize = dims.at(-1) ?? 0;
  return { kind: "chunked", version, chunkDims, elementSize, indexing, address, edgeChunksUnfiltered };
}

/** Version 3 and later: of the older ones only the address is ever changed, where it stands. */
export function encodeDataLayout(w: Writer, layout: DataLayout): void {
  const { version } = layout;
  if (version < 3) throw new TypeError(`data layout messages of version ${version} are not written`);
  w.u8(version);
  switch (layout.kind) {
    case "compact":
      w.u8(COMPACT);
      w.u16(layout.bytes.length);
      w.put(layout.bytes);
      return;
    case "contiguous":
      w.u8(CONTIGUOUS);
      w.offset(layout.address);
      w.length(layout.size ?? 0);
      return;
    case "chunked":
      w.u8(CHUNKED);
      if (version === 3) encodeChunkedVersion3(w, layout);
      else encodeChunkedVersion4(w, layout);
      return;
    case "virtual":
      w.u8(VIRTUAL);
      w.offset(layout.heapAddress);
      w.u32(layout.heapIndex);
  }
}

type Chunked = Extract<DataLayout, { kind: "chunked" }>;

function encodeChunkedVersion3(w: Writer, { chunkDims, elementSize, address }: Chunked): void {
  w.u8(chunkDims.length + 1);
  w.offset(address);
  for (const dim of [...chunkDims, elementSize]) w.u32(dim);
}

function encodeChunkedVersion4(w: Writer, layout: Chunked): void {
  const { chunkDims, elementSize, indexing, address, edgeChunksUnfiltered } = layout;
  const dims = [...chunkDims, elementSize];
  const isFilteredSingle = indexing.type === "single" && indexing.storedSize !== undefined;
  w.u8((edgeChunksUnfiltered ? EDGE_CHUNKS_UNFILTERED : 0) | (isFilteredSingle ? SINGLE_CHUNK_FILTERED : 0));
  w.u8(dims.length);
  // No wider than the largest needs, or HDF5 2.0 refuses the file (HDFGroup/hdf5#6409).
  const size = Math.max(...dims.map((dim) => Math.floor(Math.log2(dim) / 8) + 1));
  w.u8(size);
  for (const dim of dims) w.uint(dim, size);
  encodeIndexing(w, indexing);
  w.offset(address);
}

function encodeIndexing(w: Writer, indexing: ChunkIndexing): void {
  switch (indexing.type) {
    case "b-tree-v1":
      throw new TypeError("version 4 of the data layout has no version 1 B-tree");
    case "single":
      w.u8(1);
      if (indexing.storedSize === undefined) return;
      w.length(indexing.storedSize);
      w.u32(indexing.filterMask);
      return;
    case "implicit":
      w.u8(2);
      return;
    case "fixed-array":
      w.u8(3);
      w.u8(indexing.pageBits);
      return;
    case "extensible-array":
      w.u8(4);
      w.u8(indexing.maxBits);
      w.u8(indexing.indexElements);
      w.u8(indexing.minPointers);
      w.u8(indexing.minElements);
      w.u8(indexing.pageBits);
      return;
    case "b-tree-v2":
      w.u8(5);
      w.u32(indexing.nodeSize);
      w.u8(indexing.splitPercent);
      w.u8(indexing.mergePercent);
  }
}
