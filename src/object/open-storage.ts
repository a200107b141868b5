import { realpathSync } from "node:fs";
import { H5Error } from "../errors.ts";
import { findSuperblock } from "../format/superblock.ts";
import { superblockSector } from "../format/superblock-sector.ts";
import { LocalDiskFile } from "../storage/journal/local-disk.ts";
import { type OpenForWritingOptions, placeOfLog } from "../storage/journal/open-for-writing.ts";
import { type PendingState, readPendingState } from "../storage/journal/pending-state.ts";
import { lockShared } from "../storage/journal/system-calls.ts";
import { LocalFile } from "../storage/local-file.ts";
import type { Snapshot } from "../storage/storage.ts";

/** A file that is open for reading, and what of it is only in its log. */
export interface OpenedStorage {
  readonly storage: LocalFile;
  readonly pending: PendingState | undefined;
}

/**
 * Opens a file for reading. One whose last changes are in the log beside it, because its writer died, is seen with them;
 * nothing is changed.
 * @throws H5Error "locked" where a writer is at work on such a file, "format" where its log is missing or does not fit
 */
export function openStorage(path: string, options: OpenForWritingOptions = {}): OpenedStorage {
  const storage = LocalFile.open(path);
  try {
    if (!isMarked(storage.snapshot())) return { storage, pending: undefined };
    if (!lockShared(storage.fd)) {
      throw new H5Error("locked", `${path}: another program is writing the file; it cannot be read meanwhile`);
    }
    // What was read before the lock may be out of date.
    const now = storage.again();
    const offset = findSuperblock(now.snapshot());
    if (offset === undefined) return { storage: now, pending: undefined };
    const real = realpathSync(path);
    const pending = readPendingState({
      file: new LocalDiskFile(path, storage.fd),
      ...placeOfLog(real, storage.fd, "read", options),
      superblock: superblockSector(offset),
    });
    return { storage: pending === undefined ? now : now.again(pending), pending };
  } catch (error) {
    storage.close();
    throw error;
  }
}

/** Whether the superblock says that changes are elsewhere. What is no HDF5 file has no superblock. */
function isMarked(snapshot: Snapshot): boolean {
  const offset = findSuperblock(snapshot);
  if (offset === undefined) return false;
  const sector = snapshot.read(offset, Math.min(512, snapshot.size - offset));
  return superblockSector(offset).markOf(sector) !== "unmarked";
}
