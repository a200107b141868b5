import type { FormatContext } from "./context.ts";
import type { DoublingTable } from "./fractal-heap-doubling-table.ts";
import type { FractalHeapHeader } from "./fractal-heap-header.ts";
import { lookup3 } from "./lookup3.ts";
import type { Reader, Sizes } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** Where a block is in the file, and what it must be. */
export interface BlockPlace {
  readonly address: number;
  /** The offset of the block's first byte in the heap's address space. */
  readonly offset: number;
}

/** What direct and indirect blocks begin with. */
function checkBlockHead(r: Reader, header: FractalHeapHeader, table: DoublingTable, place: BlockPlace): void {
  r.version(0);
  const heap = r.definedOffset("the heap header's address");
  if (heap !== header.address) {
    r.fail(`belongs to the heap at 0x${heap.toString(16)}, expected 0x${header.address.toString(16)}`);
  }
  const offset = r.uint(table.offsetWidth);
  if (offset !== place.offset) r.fail(`block offset is ${offset}, expected ${place.offset}`);
}

/** Bytes of a direct block before its objects; heap offsets count from the block's beginning all the same. */
export function directBlockPrefix(context: FormatContext, header: FractalHeapHeader, table: DoublingTable): number {
  return 4 + 1 + context.sizeOfOffsets + table.offsetWidth + (header.checksummedDirectBlocks ? 4 : 0);
}

/** Verifies a direct block (III.G, "Fractal Heap Direct Block") of `size` bytes. */
export function verifyDirectBlock(
  context: FormatContext,
  header: FractalHeapHeader,
  table: DoublingTable,
  place: BlockPlace,
  size: number,
): void {
  const length = header.checksummedDirectBlocks ? size : directBlockPrefix(context, header, table);
  const r = context.reader(place.address, length, "fractal heap direct block");
  r.signature("FHDB");
  checkBlockHead(r, header, table, place);
  if (!header.checksummedDirectBlocks) return;
  // The checksum is that of the whole block, with zeros where the checksum is.
  const at = r.position;
  const stored = r.u32();
  const block = new Uint8Array(r.bytes);
  block.fill(0, at, at + 4);
  const computed = lookup3(block);
  if (computed !== stored) {
    r.fail(`checksum is 0x${stored.toString(16)}, but the bytes give 0x${computed.toString(16)}`);
  }
}

/**
 * Writes a direct block.
 * @param data all bytes after the prefix: objects, and between them what is free
 */
export function encodeDirectBlock(
  w: Writer,
  header: FractalHeapHeader,
  table: DoublingTable,
  offset: number,
  data: Uint8Array,
): void {
  const start = w.position;
  w.signature("FHDB");
  encodeBlockHead(w, header, table, offset);
  const checksumAt = w.position;
  if (header.checksummedDirectBlocks) w.zeros(4);
  w.put(data);
  if (!header.checksummedDirectBlocks) return;
  const block = w.bytes.subarray(start);
  new DataView(block.buffer, block.byteOffset).setUint32(checksumAt - start, lookup3(block), true);
}

/** What direct and indirect blocks have after their signature. */
function encodeBlockHead(w: Writer, header: FractalHeapHeader, table: DoublingTable, offset: number): void {
  w.u8(0);
  w.offset(header.address);
  w.uint(offset, table.offsetWidth);
}

/** The children of an indirect block, in the order of its rows; `undefined` where there is none yet. */
export type IndirectBlock = readonly (number | undefined)[];

/** Bytes of an indirect block of `rows` rows in a heap without filters. */
export function indirectBlockSize(table: DoublingTable, rows: number, sizes: Sizes): number {
  return 4 + 1 + sizes.sizeOfOffsets + table.offsetWidth + rows * table.width * sizes.sizeOfOffsets + 4;
}

/** Reads an indirect block (III.G, "Fractal Heap Indirect Block") of `rows` rows in a heap without filters. */
export function readIndirectBlock(
  context: FormatContext,
  header: FractalHeapHeader,
  table: DoublingTable,
  place: BlockPlace,
  rows: number,
): IndirectBlock {
  const entries = rows * table.width;
  const size = indirectBlockSize(table, rows, context);
  const r = context.reader(place.address, size, "fractal heap indirect block");
  r.signature("FHIB");
  checkBlockHead(r, header, table, place);
  const children: (number | undefined)[] = [];
  for (let i = 0; i < entries; i++) children.push(r.offset());
  r.checksum();
  return children;
}

export function encodeIndirectBlock(
  w: Writer,
  header: FractalHeapHeader,
  table: DoublingTable,
  offset: number,
  children: IndirectBlock,
): void {
  const start = w.position;
  w.signature("FHIB");
  encodeBlockHead(w, header, table, offset);
  for (const child of children) w.offset(child);
  w.checksum(start);
}
