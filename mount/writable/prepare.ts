import { existsSync } from "node:fs";
import { createFile } from "../../src/object/new-file.ts";
import { WritableFile } from "../../src/object/writable-file.ts";
import type { MountOptions } from "../mount-options.ts";

/**
 * Makes the file where that is asked for, and tells of a file that cannot be written before anything is mounted.
 * @throws H5Error
 */
export function prepareForWriting(file: string, { mode, journalDirectory, libver }: MountOptions): void {
  if (mode === "w") createFile(file, { libver }, "replace");
  else if (mode === "x" || (mode === "a" && !existsSync(file))) createFile(file, { libver });
  WritableFile.open(file, { journalDirectory }).close();
}
