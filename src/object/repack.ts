import { fstatSync, futimesSync } from "node:fs";
import { H5Error, UnsupportedError } from "../errors.ts";
import { FreshFile } from "../storage/fresh-file.ts";
import { openForWriting } from "../storage/journal/open-for-writing.ts";
import { differenceOf } from "./compare-files.ts";
import { createGroupLike } from "./copied-traits.ts";
import { ObjectCopier } from "./copy-object.ts";
import { H5File } from "./file.ts";
import { fileSpaceOf } from "./first-write.ts";
import { type LibraryVersion, newFileBytes } from "./new-file.ts";
import { checkNotOnion } from "./onion.ts";
import { WritableFile } from "./writable-file.ts";

export interface RepackOptions {
  /** Default: what the file's superblock is of. */
  readonly libver?: LibraryVersion | undefined;
  /** Called for every object, and with bytes of its data, as it is copied, and again as it is compared. */
  readonly progress?: ((step: "copying" | "comparing", path: string, bytes: number) => void) | undefined;
}

/** Bytes of the whole file. */
export interface RepackReport {
  readonly before: number;
  readonly after: number;
  /** References to objects that no path leads to: they are null now. */
  readonly lostReferences: number;
}

/** A file that nobody else changes meanwhile. */
interface LockedFile {
  readonly file: H5File;
  readonly fd: number;
  close(): void;
}

/**
 * Writes a file anew, without what is not used any more: into a file beside it, which takes its place when it is whole and
 * every value in it has been compared. Owner, permissions, times and user block stay, so do the size of B-tree nodes and how
 * the file says that its space is managed.
 * @throws H5Error where something cannot be copied: then everything is as it was
 */
export function repackFile(path: string, options: RepackOptions = {}): RepackReport {
  const source = lock(path);
  try {
    const fresh = FreshFile.begin(path, "replace");
    try {
      const lostReferences = copyAll(source.file, fresh, options);
      verify(source.file, fresh.temporary, options);
      const { atimeMs, mtimeMs, size: before } = fstatSync(source.fd);
      const after = fstatSync(fresh.fd).size;
      futimesSync(fresh.fd, atimeMs / 1000, mtimeMs / 1000);
      fresh.place();
      return { before, after, lostReferences };
    } finally {
      fresh.discard();
    }
  } finally {
    source.close();
  }
}

/** A file that can be written is recovered first; others are only read. */
function lock(path: string): LockedFile {
  checkNotOnion(path);
  try {
    WritableFile.open(path).close();
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
  }
  const { file: locked } = openForWriting(path);
  try {
    const file = H5File.open(path);
    return {
      file,
      fd: locked.fd,
      close: () => {
        file.close();
        locked.close();
      },
    };
  } catch (error) {
    locked.close();
    throw error;
  }
}

function copyAll(source: H5File, fresh: FreshFile, { libver, progress }: RepackOptions): number {
  const { superblock, root, snapshot } = source;
  const { baseAddress, sizeOfOffsets, sizeOfLengths } = superblock;
  const { groupLeafNodeK, groupInternalNodeK, indexedStorageInternalNodeK } = superblock;
  const bytes = newFileBytes({
    libver: libver ?? (superblock.version < 2 ? "earliest" : superblock.version === 2 ? "v18" : "v110"),
    userBlock: baseAddress,
    sizes: { sizeOfOffsets, sizeOfLengths },
    k: { groupLeafNodeK, groupInternalNodeK, indexedStorageInternalNodeK },
    fileSpace: fileSpaceOf(source),
    makeRoot: (edit) => createGroupLike(edit, root),
  });
  bytes.set(snapshot.read(0, baseAddress));
  fresh.write(bytes);
  const target = WritableFile.open(fresh.temporary, { isLocked: true });
  try {
    return target.transaction((transaction) => {
      const copier = new ObjectCopier(source, transaction, false, {
        progress: (path, count) => progress?.("copying", path, count),
      });
      copier.copyInto(root, transaction.file.root.address);
      return copier.report.lostReferences;
    });
  } finally {
    target.close();
  }
}

function verify(source: H5File, path: string, { progress }: RepackOptions): void {
  const copy = H5File.open(path);
  try {
    const difference = differenceOf(source, copy, { progress: (at, count) => progress?.("comparing", at, count) });
    if (difference === undefined) return;
    throw new H5Error("io", `${source.name}: the new file is not the same (${difference}); nothing was changed`);
  } finally {
    copy.close();
  }
}
