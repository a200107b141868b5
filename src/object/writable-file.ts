import { H5Error, UnsupportedError } from "../errors.ts";
import { EditContext } from "../format/edit-context.ts";
import { MESSAGE } from "../format/header-message.ts";
import { findMessage, readObjectHeader } from "../format/object-header.ts";
import { findSuperblock } from "../format/superblock.ts";
import { superblockSector } from "../format/superblock-sector.ts";
import { JournaledFile } from "../storage/journal/journaled-file.ts";
import { type OpenForWritingOptions, openForWriting } from "../storage/journal/open-for-writing.ts";
import type { Recovery } from "../storage/journal/recovery.ts";
import { attachSnapshot } from "../storage/local-file.ts";
import { H5File } from "./file.ts";

/** What one transaction has: the file as it is now, and what changes it. */
export interface FileTransaction {
  /** The file as it is now, opened anew each time: what was opened before a change may be out of date. */
  readonly file: H5File;
  readonly edit: EditContext;
}

/** In these, space or structures follow rules that are not kept yet; a change might damage them. */
const REFUSED = [
  { type: MESSAGE.cacheImage, what: "a metadata cache image" },
  { type: MESSAGE.fileSpaceInfo, what: "file space information" },
  { type: MESSAGE.sharedMessageTable, what: "a shared message table" },
  { type: MESSAGE.driverInfo, what: "driver information" },
];

/** An HDF5 file that is changed in place: every transaction whole or not at all (docs/writing.md). */
export class WritableFile {
  readonly #journal: JournaledFile;

  private constructor(journal: JournaledFile) {
    this.#journal = journal;
  }

  /**
   * Opens a file for reading and writing, after what recovery had to do.
   * @throws H5Error where it is no HDF5 file, is in use, or cannot be written safely
   */
  static open(path: string, options: OpenForWritingOptions = {}): WritableFile {
    const opened = openForWriting(path, options);
    const { file } = opened;
    const base = findSuperblock(attachSnapshot({ fd: file.fd, size: file.size(), path }));
    if (base === undefined) {
      file.close();
      throw new H5Error("not-hdf5", `${path}: not an HDF5 file: it has no superblock signature`);
    }
    const journal = JournaledFile.open({ ...opened, superblock: superblockSector(base) });
    // Closes the journal where the file cannot be opened.
    checkRefused(H5File.open(journal), () => journal.close());
    return new WritableFile(journal);
  }

  get recovery(): Recovery {
    return this.#journal.recovery;
  }

  /** The file as it is now. */
  read(): H5File {
    return H5File.attach(this.#journal.snapshot(), this.#journal.name);
  }

  /** Publishes all that `change` did; an exception leaves the file as it was before. */
  transaction<T>(change: (transaction: FileTransaction) => T): T {
    const store = this.#journal.begin();
    let result: T;
    try {
      const { context, superblock } = this.read();
      const edit = new EditContext(context, superblock, store);
      const read = (): H5File => {
        edit.writeEdited();
        return this.read();
      };
      result = change({
        get file() {
          return read();
        },
        edit,
      });
      edit.writeEdited();
    } catch (error) {
      this.#journal.rollback();
      throw error;
    }
    this.#journal.publish();
    return result;
  }

  /** What is published survives a power cut when this returns. */
  sync(): void {
    this.#journal.sync();
  }

  close(): void {
    this.#journal.close();
  }
}

function checkRefused(file: H5File, close: () => void): void {
  const { extensionAddress } = file.superblock;
  if (extensionAddress === undefined) return;
  const header = readObjectHeader(file.context, extensionAddress);
  const found = REFUSED.find(({ type }) => findMessage(header, type) !== undefined);
  if (found === undefined) return;
  close();
  throw new UnsupportedError(`${file.name}: has ${found.what}; such files are not written yet`);
}
