import { H5Error } from "../errors.ts";
import { findSuperblock } from "../format/superblock.ts";
import { superblockSector } from "../format/superblock-sector.ts";
import { type OpenForWritingOptions, openForWriting } from "../storage/journal/open-for-writing.ts";
import { discardLog, type Recovery, recover } from "../storage/journal/recovery.ts";
import { attachSnapshot } from "../storage/local-file.ts";

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
    const offset = findSuperblock(attachSnapshot({ fd: file.fd, size: file.size(), path }));
    if (offset === undefined) {
      throw new H5Error("not-hdf5", `${path}: not an HDF5 file: it has no superblock signature`);
    }
    const setup = { ...opened, superblock: superblockSector(offset) };
    return options.discardLog === true ? discardLog(setup) : recover(setup);
  } finally {
    file.close();
  }
}
