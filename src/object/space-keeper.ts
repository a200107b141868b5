import type { Extent } from "../storage/journal/free-extents.ts";
import type { FreeSpaceMemory } from "../storage/journal/free-space-memory.ts";
import type { JournaledFile } from "../storage/journal/journaled-file.ts";
import { attachSnapshot } from "../storage/local-file.ts";
import { H5File } from "./file.ts";
import { SEARCH_STEP, searchFreeSpace } from "./free-space.ts";

/** A file of so many bytes, or of so many structures, is looked through for free space before its first change; others when there is time. */
const SOON_SEARCHED = 4 * 2 ** 20;
const FEW_STRUCTURES = 4096;

/** Tells the allocator of a file what is free in it: remembered from earlier sessions, or found by looking through the file. */
export class SpaceKeeper {
  readonly #journal: JournaledFile;
  readonly #fd: number;
  readonly #memory: FreeSpaceMemory | undefined;
  /** Nothing more can be found. */
  #isComplete = false;
  /** A search has begun. */
  #isSearched = false;

  private constructor(journal: JournaledFile, fd: number, memory: FreeSpaceMemory | undefined) {
    this.#journal = journal;
    this.#fd = fd;
    this.#memory = memory;
  }

  /** @param fd of the file, which nothing has been written to yet */
  static open(journal: JournaledFile, fd: number, memory: FreeSpaceMemory | undefined): SpaceKeeper {
    const keeper = new SpaceKeeper(journal, fd, memory);
    const known = memory?.recall(fd);
    if (known?.extents.every(({ offset, length }) => offset + length <= journal.allocator.end) === true) {
      // By an earlier session, which may have lost some of it since.
      keeper.#isSearched = journal.size > SOON_SEARCHED;
      for (const { offset, length } of known.extents) journal.allocator.addFree(offset, length);
      keeper.#isComplete = known.isComplete;
    }
    return keeper;
  }

  /** Nothing more can be found by a search. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Before the first change: finds what there is, if that takes but a moment. */
  searchSoon(): void {
    if (this.#isSearched) return;
    const search = this.search();
    let steps = this.#journal.size <= SOON_SEARCHED ? Number.POSITIVE_INFINITY : FEW_STRUCTURES / SEARCH_STEP;
    while (steps-- > 0 && search.next().done !== true);
  }

  /** See `WritableFile.searchFreeSpace`. */
  *search(): Generator<undefined, boolean> {
    this.#isSearched = true;
    if (this.#isComplete) return true;
    const { allocator, checkpoints } = this.#journal;
    // What the allocator has already is its own affair: what it gives away meanwhile is of this, or past the end.
    const known = allocator.knownExtents();
    const file = H5File.attach(attachSnapshot(this.#journal.snapshot().describe()), this.#journal.name);
    const search = searchFreeSpace(file);
    for (let step = search.next(); ; step = search.next()) {
      if (this.#journal.checkpoints !== checkpoints) return false;
      if (step.done === true) {
        for (const { offset, length } of without(step.value ?? [], known)) allocator.addFree(offset, length);
        this.#isComplete = true;
        return true;
      }
      yield;
    }
  }

  /**
   * Leaves to the next session what is known. The file is whole, and still locked.
   * @param hasLost there may be space that nobody has told to be free
   */
  remember(hasLost: boolean): void {
    if (this.#journal.checkpoints === 0) return;
    this.#memory?.remember(this.#fd, {
      extents: this.#journal.allocator.knownExtents(),
      isComplete: this.#isComplete && !hasLost,
    });
  }
}

/** The parts of `extents` that lie in none of `taken`; all are in order. */
function* without(extents: readonly Extent[], taken: readonly Extent[]): Generator<Extent> {
  let next = 0;
  for (const { offset, length } of extents) {
    const end = offset + length;
    let at = offset;
    for (; next < taken.length; next++) {
      const other = taken[next];
      if (other === undefined || other.offset >= end) break;
      if (other.offset > at) yield { offset: at, length: other.offset - at };
      at = Math.max(at, other.offset + other.length);
      // It may reach into the next one.
      if (at > end) break;
    }
    if (at < end) yield { offset: at, length: end - at };
  }
}
