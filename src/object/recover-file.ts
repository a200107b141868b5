import { findSuperblockSector } from "../format/superblock-sector.ts";
import { type OpenForWritingOptions, openForWriting } from "../storage/journal/open-for-writing.ts";
import { discardLog, type Recovery, recover } from "../storage/journal/recovery.ts";

export interface RecoverOptions extends OpenForWritingOptions {
  /** Go back to the state before the changes that the log has, which is kept under another name. */
  readonly discardLog?: boolean;
}

/**
 * Makes a file whole whose writer died, as opening it for writing does.
 * @throws H5Error where its log is missing or does not fit, or the file cannot be written
 */
export function recoverFile(path: string, options: RecoverOptions = {}): Recovery {
  const opened = openForWriting(path, options);
  const { file } = opened;
  try {
    const setup = { ...opened, superblock: findSuperblockSector(file) };
    return options.discardLog === true ? discardLog(setup) : recover(setup);
  } finally {
    file.close();
  }
}
