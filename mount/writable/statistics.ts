import { statfsSync } from "node:fs";
import { NAME_MAX } from "../../src/tree/file-name.ts";
import type { FilesystemStatistics } from "../filesystem.ts";

/** Of the file system that the mounted file is in: its space is that of the file. @param directory which the mounted file is in */
export function statisticsOf(directory: string): FilesystemStatistics {
  const { bsize, blocks, bfree, bavail } = statfsSync(directory);
  // Objects of an HDF5 file are as many as there is space for.
  const files = 2 ** 32;
  return { blocks, bfree, bavail, files, ffree: files, bsize, namelen: NAME_MAX, frsize: bsize };
}
