import { H5Error } from "../../errors.ts";
import type { ChangedPages } from "../storage.ts";
import { LogFile } from "./log-file.ts";
import { inspect, type RecoverySetup, unusableLog } from "./recovery.ts";
import { SECTOR } from "./superblock-sector.ts";

/** A marked file as it is with its log. */
export interface PendingState {
  /** Bytes, with those that are only in the log. */
  readonly size: number;
  readonly changed: ChangedPages;
  /** Changes that are in the log. */
  readonly transactions: number;
}

/**
 * What a reader is to be shown of a file whose changes are in its log, as recovery would make it; nothing is changed.
 * The caller holds a lock that keeps writers away.
 * @returns `undefined`: the file has no mark, and is as it is
 * @throws H5Error where the log is missing, or not all of it can be applied: nobody is shown what may not be the last state
 */
export function readPendingState(setup: RecoverySetup): PendingState | undefined {
  const { file, directory, logName, superblock } = setup;
  const log = LogFile.open(directory, logName);
  try {
    const inspection = inspect(setup, log);
    if (inspection.kind === "clean") return undefined;
    if (inspection.kind !== "replay") throw unusableLog(file.name, logName, inspection);
    const { overlay, count, lost } = inspection;
    if (lost > 0) {
      throw new H5Error(
        "format",
        `${file.name}: ${lost} of the last changes, which are in the log ${logName}, cannot be applied to it any more; ` +
          `"h5fs recover" applies those that can`,
      );
    }
    const size = superblock.endOf(overlay.read(superblock.offset, SECTOR));
    return { size, changed: overlay.copyChanged(file.size()), transactions: count };
  } finally {
    log?.close();
  }
}
