import type { EditContext } from "./edit-context.ts";
import type { EditedHeapHeader } from "./fractal-heap-header.ts";
import {
  encodeFreeSpaceManager,
  type FreeSection,
  type FreeSpaceManager,
  freeSpaceManagerSize,
  listWidths,
  readFreeSections,
} from "./free-space-manager.ts";
import { HeapFreeSections, SINGLE } from "./heap-free-sections.ts";
import { HeapSectionList } from "./heap-section-list.ts";

/** What libhdf5 gives the manager of a heap: single, first row, other rows, indirect; percentages of its list's growth. */
const SECTION_CLASSES = 4;
const SHRINK_PERCENT = 80;
const EXPAND_PERCENT = 120;

/**
 * The free space in the direct blocks of a fractal heap that is being changed, and the free-space manager that stores it
 * (Specification III.H): a real one, so that libhdf5 finds room where we do. Sections of rows, which stand for blocks that are
 * not there, are neither used nor written: the indirect blocks tell the same, and libhdf5 (2.0 and before) cannot close a
 * file in which it has joined such a section that was stored with a new one.
 */
export class HeapFreeSpace {
  #edit: EditContext;
  readonly #header: EditedHeapHeader;
  readonly #singles = new HeapFreeSections();
  readonly #maxSectionSize: number | bigint;
  readonly #list = new HeapSectionList();
  #stored: FreeSpaceManager | undefined;

  constructor(edit: EditContext, header: EditedHeapHeader) {
    this.#edit = edit;
    this.#header = header;
    this.#maxSectionSize = leastMaxSectionSize(edit, header);
    if (header.freeSpaceManagerAddress === undefined) return;
    const { manager, sections } = readFreeSections(edit.context, header.freeSpaceManagerAddress);
    this.#stored = manager;
    if (manager.maxSectionSize > this.#maxSectionSize) this.#maxSectionSize = manager.maxSectionSize;
    for (const { offset, size, type } of sections) if (type === SINGLE) this.#singles.add(offset, size);
  }

  attach(edit: EditContext): void {
    this.#edit = edit;
  }

  /** Takes `length` bytes out of the smallest free space in which they fit. @returns their heap offset */
  take(length: number): number | undefined {
    return this.#singles.take(length);
  }

  add(offset: number, length: number): void {
    this.#singles.add(offset, length);
  }

  /** Whether all of [start, end) is free. */
  isFree(start: number, end: number): boolean {
    return this.#singles.has(start, end);
  }

  /** There is nothing there any more. */
  drop(start: number, end: number): void {
    this.#singles.claim(start, end - start);
  }

  /** Writes the manager anew; without free space there is none. */
  write(): void {
    const unchanged = this.#singles.takeUnchanged();
    if (unchanged === undefined) return;
    const { ordered } = this.#singles;
    if (ordered.length === 0) this.free();
    else this.#store(ordered, unchanged);
  }

  /** Gives the manager back. */
  free(): void {
    const { freeSpaceManagerAddress } = this.#header;
    if (freeSpaceManagerAddress === undefined) return;
    this.#freeList();
    this.#edit.free(freeSpaceManagerAddress, freeSpaceManagerSize(this.#edit));
    this.#header.freeSpaceManagerAddress = undefined;
    this.#stored = undefined;
  }

  #freeList(): void {
    const { listAddress, listAllocated = 0 } = this.#stored ?? {};
    if (listAddress !== undefined) this.#edit.free(listAddress, listAllocated);
  }

  #store(sections: readonly FreeSection[], unchanged: number): void {
    const edit = this.#edit;
    const stored = this.#stored;
    const maxSectionSize = this.#maxSectionSize;
    const addressBits = this.#header.offsetBits;
    const address = this.#header.freeSpaceManagerAddress ?? edit.allocate(freeSpaceManagerSize(edit), "metadata");
    this.#header.freeSpaceManagerAddress = address;
    const widths = listWidths({ serializedSections: sections.length, addressBits, maxSectionSize });
    const { bytes, from } = this.#list.encode(edit, widths, address, sections, unchanged);
    let listAddress = stored?.listAddress;
    // Exactly as long as it is: libhdf5 takes it for damage when a list grows into what it has been allocated.
    if (listAddress === undefined || stored?.listAllocated !== bytes.length) {
      this.#freeList();
      listAddress = edit.allocate(bytes.length, "metadata");
      edit.write(listAddress, bytes);
    } else {
      edit.write(listAddress + from, bytes.subarray(from));
    }
    this.#stored = {
      clientId: 0,
      totalSpace: this.#singles.bytes,
      sections: sections.length,
      serializedSections: sections.length,
      ghostSections: 0,
      sectionClasses: stored?.sectionClasses ?? SECTION_CLASSES,
      shrinkPercent: stored?.shrinkPercent ?? SHRINK_PERCENT,
      expandPercent: stored?.expandPercent ?? EXPAND_PERCENT,
      addressBits,
      maxSectionSize,
      listAddress,
      listUsed: bytes.length,
      listAllocated: bytes.length,
    };
    const header = edit.writer();
    encodeFreeSpaceManager(header, this.#stored);
    edit.write(address, header.bytes);
  }
}

/** libhdf5 stores the size of the largest block, which in narrow lengths becomes 0, and then sizes have too few bytes. */
function leastMaxSectionSize({ sizeOfLengths }: EditContext, { maxDirectBlockSize }: EditedHeapHeader): number {
  return Math.min(maxDirectBlockSize, 2 ** (8 * sizeOfLengths) - 1);
}
