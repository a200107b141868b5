import type { EditContext } from "./edit-context.ts";
import { encodeSectionGroups, encodeSectionListHead, type FreeSection, type ListWidths } from "./free-space-manager.ts";

/** The section list of a fractal heap's free-space manager, encoded again and again: a heap has one section for each block, and a change one or two. */
export class HeapSectionList {
  #bytes: Uint8Array = new Uint8Array(0);
  /** By the number of a group's first section: where it begins. */
  #starts: number[] = [];
  #countWidth = 0;
  #managerAddress: number | undefined;

  /**
   * @param unchanged so many of the first sections are as they were the last time
   * @returns the list, and from which byte on it is another one
   */
  encode(
    edit: EditContext,
    widths: ListWidths,
    managerAddress: number,
    sections: readonly FreeSection[],
    unchanged: number,
  ): { readonly bytes: Uint8Array; readonly from: number } {
    const isSameHead = widths.count === this.#countWidth && managerAddress === this.#managerAddress;
    const first = isSameHead ? firstOfGroup(sections, unchanged) : 0;
    const w = edit.writer(this.#bytes.length + 64);
    const from = first === 0 ? 0 : (this.#starts[first] ?? 0);
    if (from === 0) encodeSectionListHead(w, managerAddress);
    else w.put(this.#bytes.subarray(0, from));
    this.#starts.length = first;
    encodeSectionGroups(w, widths, sections, first, this.#starts);
    w.checksum();
    this.#bytes = w.bytes;
    this.#countWidth = widths.count;
    this.#managerAddress = managerAddress;
    return { bytes: w.bytes, from };
  }
}

/** The group of the last section that is unchanged may have got, or lost, others. */
function firstOfGroup(sections: readonly FreeSection[], unchanged: number): number {
  let first = unchanged;
  const size = sections[unchanged - 1]?.size;
  while (first > 0 && sections[first - 1]?.size === size) first--;
  return first;
}
