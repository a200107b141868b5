import { alignUp, type Extent, FreeExtents } from "./free-extents.ts";

/** What space is for: metadata lie together; large raw data begin where a block of the disk does. */
export type SpaceKind = "metadata" | "raw";

/** Raw data of this size are written into the file at once, and begin at a multiple of `BLOCK`. */
export const LARGE = 64 * 1024;
export const BLOCK = 4096;

/** Blocks from which small metadata are taken: the first small, for small files, the next larger. */
const FIRST_METADATA_BLOCK = 4096;
const LAST_METADATA_BLOCK = 65_536;

/** Elements of small raw data are aligned for whoever maps the file; metadata need no alignment, as in libhdf5. */
const RAW_ALIGNMENT = 8;

/** Pages of a file whose space is managed so (File Space Info, "paged aggregation"): what is smaller lies in pages of its own kind. */
export interface Pages {
  /** Bytes of a page. */
  readonly size: number;
  /** Offset of the first one. */
  readonly origin: number;
}

const NOTHING: Extent = { offset: 0, length: 0 };

type Step = { readonly kind: "allocated" | "freed" } & Extent;

/** A step that can be taken back: see `steps`. */
export type AllocatorStep = Step;

/**
 * Which bytes of the file are used (docs/writing.md, section 7). Space that is freed is used again only after a
 * checkpoint, for until then the state on disk has it.
 */
export class Allocator {
  readonly #free = new FreeExtents();
  /** Freed since the last checkpoint. */
  #dying = new FreeExtents();
  #end: number;
  /** What is left of the block, or page, that small pieces are taken from. */
  readonly #blocks: Record<SpaceKind, Extent> = { metadata: NOTHING, raw: NOTHING };
  #metadataBlock = FIRST_METADATA_BLOCK;
  #steps: Step[] = [];
  #pages: Pages | undefined;

  /** @param end end of allocation; what lies before it is used, as far as is known */
  constructor(end: number) {
    this.#end = end;
  }

  /** The end of allocation once a checkpoint has freed what is dying: what the superblock is to say. */
  get endAfterCheckpoint(): number {
    let end = this.#end;
    for (;;) {
      const next = this.#blockStart(this.#free.startOfLast(this.#dying.startOfLast(end)));
      if (next === end) return this.#wholePages(end);
      end = next;
    }
  }

  /** From now on the file's pages are kept to. To be called before anything is allocated. */
  usePages(pages: Pages): void {
    this.#pages = pages;
  }

  /** The first byte that nothing has been allocated at. */
  get end(): number {
    return this.#end;
  }

  /** Bytes that were freed since the last checkpoint. */
  get dyingBytes(): number {
    return this.#dying.bytes;
  }

  /** What was allocated and freed since it was last asked for. */
  takeSteps(): Step[] {
    const steps = this.#steps;
    if (steps.length > 0) this.#steps = [];
    return steps;
  }

  allocate(size: number, kind: SpaceKind): number {
    const offset = this.#place(size, kind);
    this.#steps.push({ kind: "allocated", offset, length: size });
    return offset;
  }

  #place(size: number, kind: SpaceKind): number {
    if (this.#pages !== undefined) return this.#placeInPages(size, kind, this.#pages);
    return kind === "metadata" && size < FIRST_METADATA_BLOCK
      ? this.#allocateSmall(size)
      : this.#allocate(size, size >= LARGE ? BLOCK : kind === "raw" ? RAW_ALIGNMENT : 1);
  }

  /** What is no smaller than a page has whole ones; others share one with their kind, and reach over no page's end. */
  #placeInPages(size: number, kind: SpaceKind, { size: page }: Pages): number {
    if (size >= page) {
      const whole = alignUp(size, page);
      const offset = this.#allocate(whole, page);
      this.#free.add(offset + size, whole - size);
      return offset;
    }
    const alignment = kind === "raw" ? RAW_ALIGNMENT : 1;
    let { offset, length } = this.#blocks[kind];
    if (length < size + alignment) {
      this.#endBlock(kind);
      offset = this.#allocate(page, page);
      length = page;
    }
    const start = alignUp(offset, alignment);
    this.#free.add(offset, start - offset);
    this.#blocks[kind] = { offset: start + size, length: offset + length - start - size };
    return start;
  }

  /** An end that cuts no page. */
  #wholePages(end: number): number {
    if (this.#pages === undefined) return end;
    const { size, origin } = this.#pages;
    return Math.min(this.#end, alignUp(end - origin, size) + origin);
  }

  free(offset: number, size: number): void {
    if (size === 0) return;
    this.#dying.add(offset, size);
    this.#steps.push({ kind: "freed", offset, length: size });
  }

  /** The end of allocation is moved to the end of what is used, or was at the last checkpoint. @returns it */
  trimEnd(): number {
    this.#endAt(this.#wholePages(this.#free.startOfLast(this.#end)));
    return this.#end;
  }

  /** All from `end` on is free. */
  #endAt(end: number): void {
    if (end < this.#end) this.#free.claim(end, this.#end - end);
    else this.#free.add(this.#end, end - this.#end);
    this.#end = end;
  }

  /** Space that is known to be free: found by a walk, or remembered. */
  addFree(offset: number, size: number): void {
    this.#free.add(offset, size);
  }

  /** Steps that were never published are taken back, the last one first. */
  undo(steps: readonly Step[]): void {
    for (const { kind, offset, length } of steps.toReversed()) {
      if (kind === "freed") this.#dying.claim(offset, length);
      else this.#free.add(offset, length);
    }
    this.#steps = [];
  }

  /** [#end, offset) is used by nobody, and [offset, offset + length) until the next checkpoint. */
  reserveAtEnd(offset: number, length: number): void {
    this.#dying.add(this.#end, offset + length - this.#end);
    this.#end = offset + length;
  }

  /**
   * What was dying is free, and nothing is allocated from `end` on, which the superblock says.
   * @returns free extents of at least `least` bytes that the checkpoint has made
   */
  checkpointed(least: number, end: number): Extent[] {
    for (const kind of ["metadata", "raw"] as const) this.#endBlock(kind);
    const freed: Extent[] = [];
    for (const { offset, length } of this.#dying) {
      this.#free.add(offset, length);
      if (length >= least) freed.push({ offset, length });
    }
    this.#dying = new FreeExtents();
    this.#endAt(end);
    this.#metadataBlock = FIRST_METADATA_BLOCK;
    return freed.filter(({ offset }) => offset < end);
  }

  /** What is free, or will be after the next checkpoint. */
  knownExtents(): Extent[] {
    const blocks = Object.values(this.#blocks).filter(({ length }) => length > 0);
    return [...this.#free, ...this.#dying, ...blocks].sort((a, b) => a.offset - b.offset);
  }

  /** Where the block begins that ends at `end`; `end` where none does. */
  #blockStart(end: number): number {
    const { metadata, raw } = this.#blocks;
    if (metadata.length > 0 && metadata.offset + metadata.length === end) return metadata.offset;
    return raw.length > 0 && raw.offset + raw.length === end ? raw.offset : end;
  }

  #allocateSmall(size: number): number {
    if (this.#blocks.metadata.length < size) {
      const hole = this.#free.take(size, 1);
      if (hole !== undefined) return hole;
      this.#endBlock("metadata");
      const length = this.#metadataBlock;
      this.#blocks.metadata = { offset: this.#allocate(length, 1), length };
      this.#metadataBlock = Math.min(LAST_METADATA_BLOCK, length * 2);
    }
    const { offset, length } = this.#blocks.metadata;
    this.#blocks.metadata = { offset: offset + size, length: length - size };
    return offset;
  }

  #endBlock(kind: SpaceKind): void {
    const { offset, length } = this.#blocks[kind];
    this.#blocks[kind] = NOTHING;
    this.#free.add(offset, length);
  }

  #allocate(size: number, alignment: number): number {
    const origin = this.#pages?.origin ?? 0;
    const hole = this.#free.take(size, alignment, origin);
    if (hole !== undefined) return hole;
    const tail = this.#free.startOfLast(this.#end);
    const offset = alignUp(tail - origin, alignment) + origin;
    // The free space at the end is grown into, not left behind.
    if (tail < this.#end) this.#free.claim(tail, this.#end - tail);
    if (offset > tail) this.#free.add(tail, offset - tail);
    this.#end = offset + size;
    return offset;
  }
}
