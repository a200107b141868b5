import { basename, dirname, extname, join } from "node:path";
import { H5Error } from "../errors.ts";
import { FormatContext } from "../format/context.ts";
import { readSuperblockAlone, type SeveralFilesDriver, SeveralFilesError } from "../format/superblock.ts";
import { AddressSpace } from "../storage/address-space.ts";
import { LocalFile } from "../storage/local-file.ts";
import { readExtension } from "./superblock-extension.ts";

/**
 * What is told of a file that cannot be opened: which file it is, and where it is damaged only because it is a part of
 * an HDF5 file, that it is.
 */
export function openingError(error: unknown, path: string): unknown {
  if (!(error instanceof H5Error)) return error;
  const driver = error.kind === "not-hdf5" || error.kind === "format" ? driverOfSet(path) : undefined;
  return driver === undefined ? error.inFile(path) : new SeveralFilesError(path, driver);
}

/**
 * The driver of which this file tells before the place where it is cut off, or of which those beside it tell: most files of a set have no
 * superblock, and the first of a family may say nothing of it.
 */
function driverOfSet(path: string): SeveralFilesDriver | undefined {
  const own = beginningOf(path)?.driver;
  if (own !== undefined) return own;
  const folder = dirname(path);
  const suffix = extname(path);
  const stem = basename(path, suffix);
  // NAME-s (with the superblock), -b, -r, -g, -l, -o; of the split driver NAME-m and -r.
  const name = /^(.*-)[a-z]$/.exec(stem)?.[1];
  const isMulti = (letter: string): boolean =>
    beginningOf(join(folder, `${name}${letter}${suffix}`))?.driver === "split or multi";
  if (name !== undefined && (isMulti("s") || isMulti("m"))) return "split or multi";
  // Numbered from 0, by printf.
  const [, prefix = "", digits, rest = ""] = /^(.*?)(\d+)(\D*)$/.exec(stem) ?? [];
  if (digits === undefined) return undefined;
  const member = (n: number): string =>
    join(folder, `${prefix}${String(n).padStart(digits.length, "0")}${rest}${suffix}`);
  const first = beginningOf(member(0));
  if (first?.driver === "family") return "family";
  if (first === undefined || first.allocated <= first.size) return undefined;
  // All members but the last have the same size, and the last has what remains.
  const last = Math.ceil(first.allocated / first.size) - 1;
  const isWhole = sizeOf(member(last)) === first.allocated - last * first.size;
  return Number(digits) <= last && isWhole ? "family" : undefined;
}

/** `undefined`: there is no such file, or it is not to be opened. */
function sizeOf(path: string): number | undefined {
  try {
    const file = LocalFile.open(path);
    const { size } = file.snapshot();
    file.close();
    return size;
  } catch (error) {
    if (error instanceof H5Error) return undefined;
    throw error;
  }
}

interface Beginning {
  readonly size: number;
  /** Bytes of the whole file, as its superblock has them. */
  readonly allocated: number;
  readonly driver: SeveralFilesDriver | undefined;
}

/** What the superblock of a file says; `undefined` where there is none, or no file. */
function beginningOf(path: string): Beginning | undefined {
  let file: LocalFile | undefined;
  let beginning: Beginning | undefined;
  try {
    file = LocalFile.open(path);
    const snapshot = file.snapshot();
    const superblock = readSuperblockAlone(snapshot, path);
    const { baseAddress, endOfFile, extensionAddress } = superblock;
    beginning = { size: snapshot.size, allocated: baseAddress + endOfFile, driver: undefined };
    readExtension(new FormatContext(new AddressSpace(snapshot, baseAddress), superblock), extensionAddress, path);
    return beginning;
  } catch (error) {
    if (error instanceof SeveralFilesError) return { size: 0, allocated: 0, driver: error.driver };
    // The extension may be cut off.
    if (error instanceof H5Error) return beginning;
    throw error;
  } finally {
    file?.close();
  }
}
