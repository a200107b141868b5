import type { DoublingTable } from "./fractal-heap-doubling-table.ts";
import type { FractalHeapHeader } from "./fractal-heap-header.ts";
import { Reader, type Sizes } from "./reader.ts";
import { Writer } from "./writer.ts";

/** A fractal heap id (Specification III.G, "Fractal Heap ID"): where an object of the heap is. */
export type FractalHeapId =
  | { readonly kind: "managed"; readonly offset: number; readonly length: number }
  | { readonly kind: "huge"; readonly address: number; readonly length: number }
  /** Found in the B-tree of huge objects by its key. */
  | { readonly kind: "huge-indirect"; readonly key: number }
  | { readonly kind: "tiny"; readonly bytes: Uint8Array };

const HUGE = 0x10;
const TINY = 0x20;

/** The longest id whose tiny objects have a length of 4 bits; in longer ones it has 12 (the text says 17, the library 18). */
const LONGEST_NORMAL_TINY_ID = 18;

export function decodeFractalHeapId(
  id: Uint8Array,
  header: FractalHeapHeader,
  table: DoublingTable,
  sizes: Sizes,
): FractalHeapId {
  const r = new Reader(id, header.address, "heap id of the fractal heap", sizes);
  if (id.length !== header.heapIdLength) r.fail(`has ${id.length} bytes, expected ${header.heapIdLength}`);
  const first = r.u8();
  if (first >> 6 !== 0) r.fail(`version is ${first >> 6}, expected 0`);
  switch ((first >> 4) & 3) {
    case 0:
      return { kind: "managed", offset: r.uint(table.offsetWidth), length: r.uint(table.lengthWidth) };
    case 1:
      if (hasHugeAddresses(header, sizes)) {
        return { kind: "huge", address: r.definedOffset("the address of a huge object"), length: r.length() };
      }
      return { kind: "huge-indirect", key: r.uint(hugeKeySize(header)) };
    case 2: {
      const length = (id.length > LONGEST_NORMAL_TINY_ID ? ((first & 0x0f) << 8) | r.u8() : first & 0x0f) + 1;
      return { kind: "tiny", bytes: r.take(length) };
    }
    default:
      return r.fail("the type of the object is 3, expected 0 (managed), 1 (huge) or 2 (tiny)");
  }
}

/** Whether the id of a huge object has its address and length; else it has a key, by which a B-tree finds them. */
export function hasHugeAddresses(header: Pick<FractalHeapHeader, "heapIdLength">, sizes: Sizes): boolean {
  return sizes.sizeOfOffsets + sizes.sizeOfLengths <= header.heapIdLength - 1;
}

/** Bytes of the key in the id of a huge object. */
export function hugeKeySize({ heapIdLength }: Pick<FractalHeapHeader, "heapIdLength">): number {
  return Math.min(8, heapIdLength - 1);
}

/** Bytes of the largest object that an id holds itself. */
export function maxTinyObject({ heapIdLength }: Pick<FractalHeapHeader, "heapIdLength">): number {
  // The library leaves a byte of an id of 18 bytes unused.
  return heapIdLength > LONGEST_NORMAL_TINY_ID ? heapIdLength - 2 : Math.min(16, heapIdLength - 1);
}

/** The id's bytes, those that it does not need as zeros. */
export function encodeFractalHeapId(
  id: FractalHeapId,
  header: Pick<FractalHeapHeader, "heapIdLength">,
  table: DoublingTable,
  sizes: Sizes,
): Uint8Array {
  const w = new Writer(sizes, header.heapIdLength);
  switch (id.kind) {
    case "managed":
      w.u8(0);
      w.uint(id.offset, table.offsetWidth);
      w.uint(id.length, table.lengthWidth);
      break;
    case "huge":
      w.u8(HUGE);
      w.offset(id.address);
      w.length(id.length);
      break;
    case "huge-indirect":
      w.u8(HUGE);
      w.uint(id.key, hugeKeySize(header));
      break;
    case "tiny": {
      const length = id.bytes.length - 1;
      w.u8(TINY | (header.heapIdLength > LONGEST_NORMAL_TINY_ID ? length >> 8 : length));
      if (header.heapIdLength > LONGEST_NORMAL_TINY_ID) w.u8(length & 0xff);
      w.put(id.bytes);
    }
  }
  w.zeros(header.heapIdLength - w.position);
  return w.bytes;
}
