import type { DiskFile } from "./disk.ts";
import { alignUp } from "./free-extents.ts";
import { PAGE_SIZE, type PageOverlay } from "./page-overlay.ts";
import { SECTOR, type SuperblockSector } from "./superblock-sector.ts";
import type { SyncSteps } from "./sync-runner.ts";

/** A log of this size is applied: changes wait meanwhile, so it is kept small; each time costs several syncs, so not too small. */
const LOG_LIMIT = 64 * 2 ** 20;

/** So many changed pages are kept in memory; each takes twice its size. */
const PAGE_LIMIT = 65_536;

/** Freed bytes are used again after a checkpoint only: a quarter of the file's size is worth one, within these limits. */
const LEAST_DYING = 8 * 2 ** 20;
const MOST_DYING = 256 * 2 ** 20;

/** What has come together since the last checkpoint. */
interface Changes {
  /** Bytes of records in the log. */
  readonly logSize: number;
  /** Changed pages. */
  readonly pages: number;
  /** Bytes that were freed. */
  readonly dyingBytes: number;
}

/** Whether it is enough for another one. @param end of allocation as the last one left it */
export function isCheckpointDue({ logSize, pages, dyingBytes }: Changes, end: number): boolean {
  const dyingLimit = Math.min(Math.max(end / 4, LEAST_DYING), MOST_DYING);
  return logSize > LOG_LIMIT || pages > PAGE_LIMIT || dyingBytes > dyingLimit;
}

/** Where a generation's id lies: the first sector past the end of allocation. */
export function tailOffset(end: number): number {
  return alignUp(end, SECTOR);
}

export function tailSector(id: Uint8Array): Uint8Array {
  const sector = new Uint8Array(SECTOR);
  sector.set(id);
  return sector;
}

/**
 * Writes the changed pages into the file, and last of all the superblock without a mark. The log is durable already: what
 * this leaves half done when it is interrupted is done again from it. When it is done, the file is whole without the log.
 * @param before the superblock's sector, unmarked, as the file has it; @param after as it is to be
 */
export function* checkpointSteps(
  file: DiskFile,
  overlay: PageOverlay,
  superblock: SuperblockSector,
  before: Uint8Array,
  after: Uint8Array,
): SyncSteps {
  file.write([superblock.withMark(before, "checkpointing")], superblock.offset);
  yield file;
  writeImage(file, overlay, superblock.offset);
  yield file;
  file.write([after], superblock.offset);
  yield file;
}

/** All changed pages but the superblock's sector. */
function writeImage(file: DiskFile, overlay: PageOverlay, superblockOffset: number): void {
  for (const { offset, pages } of overlay.runs()) {
    const length = pages.length * PAGE_SIZE;
    if (superblockOffset < offset || superblockOffset >= offset + length) {
      file.write(pages, offset);
      continue;
    }
    const index = Math.floor((superblockOffset - offset) / PAGE_SIZE);
    const at = superblockOffset - offset - index * PAGE_SIZE;
    const page = pages[index];
    if (page === undefined) throw new TypeError("the superblock's page is one of them");
    if (superblockOffset > offset) file.write([...pages.slice(0, index), page.subarray(0, at)], offset);
    file.write([page.subarray(at + SECTOR), ...pages.slice(index + 1)], superblockOffset + SECTOR);
  }
}
