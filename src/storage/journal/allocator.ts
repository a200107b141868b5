import { alignUp, type Extent, FreeExtents } from "./free-extents.ts";

/** What space is for: metadata lie together; large raw data begin where a block of the disk does. */
export type SpaceKind = "metadata" | "raw";

/** Raw data of this size are written into the file at once, and begin at a multiple of `BLOCK`. */
export const LARGE = 64 * 1024;
const BLOCK = 4096;

/** Blocks from which small metadata are taken: the first small, for small files, the next larger. */
const FIRST_METADATA_BLOCK = 4096;
const LAST_METADATA_BLOCK = 65_536;

/** Elements of small raw data are aligned for whoever maps the file; metadata need no alignment, as in libhdf5. */
const RAW_ALIGNMENT = 8;

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
  #metadata: Extent = { offset: 0, length: 0 };
  #metadataBlock = FIRST_METADATA_BLOCK;
  #steps: Step[] = [];

  /** @param end end of allocation; what lies before it is used, as far as is known */
  constructor(end: number) {
    this.#end = end;
  }

  /** The end of allocation once a checkpoint has freed what is dying: what the superblock is to say. */
  get endAfterCheckpoint(): number {
    let end = this.#end;
    for (;;) {
      const next = this.#metadataStart(this.#free.startOfLast(this.#dying.startOfLast(end)));
      if (next === end) return end;
      end = next;
    }
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
    this.#steps = [];
    return steps;
  }

  allocate(size: number, kind: SpaceKind): number {
    const offset =
      kind === "metadata" && size < FIRST_METADATA_BLOCK
        ? this.#allocateSmall(size)
        : this.#allocate(size, size >= LARGE ? BLOCK : kind === "raw" ? RAW_ALIGNMENT : 1);
    this.#steps.push({ kind: "allocated", offset, length: size });
    return offset;
  }

  free(offset: number, size: number): void {
    if (size === 0) return;
    this.#dying.add(offset, size);
    this.#steps.push({ kind: "freed", offset, length: size });
  }

  /** The end of allocation is moved to the end of what is used, or was at the last checkpoint. @returns it */
  trimEnd(): number {
    const end = this.#free.startOfLast(this.#end);
    if (end < this.#end) this.#free.claim(end, this.#end - end);
    this.#end = end;
    return end;
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

  /** What was dying is free. @returns free extents of at least `least` bytes that the checkpoint has made */
  checkpointed(least: number): Extent[] {
    this.#endMetadataBlock();
    const freed: Extent[] = [];
    for (const { offset, length } of this.#dying) {
      this.#free.add(offset, length);
      if (length >= least) freed.push({ offset, length });
    }
    this.#dying = new FreeExtents();
    const end = this.trimEnd();
    this.#metadataBlock = FIRST_METADATA_BLOCK;
    return freed.filter(({ offset }) => offset < end);
  }

  /** What is free, or will be after the next checkpoint. */
  knownExtents(): Extent[] {
    const known = [...this.#free, ...this.#dying];
    if (this.#metadata.length > 0) known.push(this.#metadata);
    return known.sort((a, b) => a.offset - b.offset);
  }

  #metadataStart(end: number): number {
    const { offset, length } = this.#metadata;
    return length > 0 && offset + length === end ? offset : end;
  }

  #allocateSmall(size: number): number {
    if (this.#metadata.length < size) {
      const hole = this.#free.take(size, 1);
      if (hole !== undefined) return hole;
      this.#endMetadataBlock();
      const length = this.#metadataBlock;
      this.#metadata = { offset: this.#allocate(length, 1), length };
      this.#metadataBlock = Math.min(LAST_METADATA_BLOCK, length * 2);
    }
    const { offset, length } = this.#metadata;
    this.#metadata = { offset: offset + size, length: length - size };
    return offset;
  }

  #endMetadataBlock(): void {
    const { offset, length } = this.#metadata;
    this.#metadata = { offset: 0, length: 0 };
    this.#free.add(offset, length);
  }

  #allocate(size: number, alignment: number): number {
    const hole = this.#free.take(size, alignment);
    if (hole !== undefined) return hole;
    const tail = this.#free.startOfLast(this.#end);
    const offset = alignUp(tail, alignment);
    // The free space at the end is grown into, not left behind.
    if (tail < this.#end) this.#free.claim(tail, this.#end - tail);
    if (offset > tail) this.#free.add(tail, offset - tail);
    this.#end = offset + size;
    return offset;
  }
}
