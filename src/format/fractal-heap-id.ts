import type { DoublingTable } from "./fractal-heap-doubling-table.ts";
import type { FractalHeapHeader } from "./fractal-heap-header.ts";
import { Reader, type Sizes } from "./reader.ts";

/** A fractal heap id (Specification III.G, "Fractal Heap ID"): where an object of the heap is. */
export type FractalHeapId =
  | { readonly kind: "managed"; readonly offset: number; readonly length: number }
  | { readonly kind: "huge"; readonly address: number; readonly length: number }
  /** Found in the B-tree of huge objects by its key. */
  | { readonly kind: "huge-indirect"; readonly key: number }
  | { readonly kind: "tiny"; readonly bytes: Uint8Array };

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
      // The address itself is in the id where it has room for it and a length.
      if (sizes.sizeOfOffsets + sizes.sizeOfLengths <= id.length - 1) {
        return { kind: "huge", address: r.definedOffset("the address of a huge object"), length: r.length() };
      }
      return { kind: "huge-indirect", key: r.uint(Math.min(8, id.length - 1)) };
    case 2: {
      const length = (id.length > LONGEST_NORMAL_TINY_ID ? ((first & 0x0f) << 8) | r.u8() : first & 0x0f) + 1;
      return { kind: "tiny", bytes: r.take(length) };
    }
    default:
      return r.fail("the type of the object is 3, expected 0 (managed), 1 (huge) or 2 (tiny)");
  }
}
