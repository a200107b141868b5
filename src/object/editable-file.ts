import { existsSync } from "node:fs";
import { H5Error } from "../errors.ts";
import { AttributeSet } from "./attribute-set.ts";
import { type CopyOptions, type CopyReport, ObjectCopier } from "./copy-object.ts";
import { type CreateDatasetOptions, createDataset } from "./create-dataset.ts";
import { Dataset } from "./dataset.ts";
import { EditableDataset } from "./editable-dataset.ts";
import type { H5File, H5Object } from "./file.ts";
import type { FilterSpec } from "./filter-spec.ts";
import { createFile, type NewFileOptions } from "./new-file.ts";
import { addLinkAt, assertFree, makeGroup, moveLink, placeObject, placeOf, removeLinkAt } from "./path-edit.ts";
import { groupAttributes } from "./pytables-leaf.ts";
import type { ReleaseProgress } from "./unlink.ts";
import { type FileTransaction, WritableFile, type WritableFileOptions } from "./writable-file.ts";

/**
 * How a file is opened for writing, as h5py and PyTables have it: `r+` an existing file, `a` the same or a new one, `x` a new
 * one that must not exist, `w` a new one that takes the place of what is there.
 */
export type WriteMode = "r+" | "a" | "w" | "x";

const MODES: readonly WriteMode[] = ["r+", "a", "w", "x"];

/** The options of a new file count where one is made. */
export interface EditOptions extends NewFileOptions, WritableFileOptions {
  /** Default: "r+". */
  readonly mode?: WriteMode | undefined;
}

export interface CreateGroupOptions {
  /** Make the groups before it, too, and be content with one that is there. */
  readonly parents?: boolean | undefined;
  /** Make it as PyTables does, with its attributes. */
  readonly as?: "Group" | undefined;
  /** PyTables' title of it. */
  readonly title?: string | undefined;
  /** PyTables' filters for what is made in it: shuffle, gzip, fletcher32. */
  readonly filters?: readonly FilterSpec[] | undefined;
}

interface OpenTransaction {
  readonly transaction: FileTransaction;
  /** What went wrong in it first. */
  failure: { readonly error: unknown } | undefined;
}

/** Ends a transaction that was only tried. */
const TRIED = Symbol("tried");

/**
 * An HDF5 file that is read and changed. Each method that changes something is a transaction of its own, done whole or not at
 * all; `transaction` makes one of several. What is published survives the death of the program, and after `flush` or `close`
 * a power cut. All paths begin at the root group; soft links on the way are followed, external ones are not.
 */
export class EditableFile {
  readonly #writable: WritableFile;
  #open: OpenTransaction | undefined;

  private constructor(writable: WritableFile) {
    this.#writable = writable;
  }

  /**
   * Opens a file, or makes it.
   * @throws H5Error "io" where it is missing, "exists" with mode `x`, "locked", "read-only", "not-hdf5", "format", "unsupported"
   */
  static open(path: string, options: EditOptions = {}): EditableFile {
    const { mode = "r+" } = options;
    if (!MODES.includes(mode)) {
      throw new H5Error("argument", `${path}: ${JSON.stringify(mode)} is no mode; expected ${MODES.join(", ")}`);
    }
    if (mode === "w") createFile(path, options, "replace");
    else if (mode === "x" || (mode === "a" && !existsSync(path))) createFile(path, options);
    return new EditableFile(WritableFile.open(path, options));
  }

  /** The file as it is now, for reading; what was read before a change may be out of date. */
  get file(): H5File {
    return this.#open?.transaction.file ?? this.#writable.read();
  }

  /**
   * Does all that `change` does as one transaction: an exception leaves the file as it was. Inside another transaction it is
   * part of that.
   * @throws what `change` throws; H5Error "io" where the disk is full or fails
   */
  transaction<T>(change: (transaction: FileTransaction) => T): T {
    const open = this.#open;
    if (open !== undefined) {
      try {
        return change(open.transaction);
      } catch (error) {
        // Half of it may be done: the transaction cannot be kept any more, even if somebody catches this.
        open.failure ??= { error };
        throw error;
      }
    }
    return this.#writable.transaction((transaction) => {
      const state: OpenTransaction = { transaction, failure: undefined };
      this.#open = state;
      try {
        const result = change(transaction);
        if (state.failure !== undefined) throw state.failure.error;
        return result;
      } finally {
        this.#open = undefined;
      }
    });
  }

  /** Does what `change` does, and takes it all back: to know whether it can be done. @throws what `change` throws */
  dryRun(change: () => void): void {
    try {
      this.transaction(() => {
        change();
        throw TRIED;
      });
    } catch (error) {
      if (error !== TRIED) throw error;
    }
  }

  /** @throws H5Error "exists", "not-found" where a group before it is missing, "not-a-group" */
  createGroup(path: string, { parents = false, as, title = "", filters }: CreateGroupOptions = {}): void {
    this.transaction((transaction) => {
      const address = makeGroup(transaction, path, parents);
      if (as === "Group") groupAttributes(transaction, address, title, filters);
    });
  }

  /**
   * Makes a dataset, with its data where there are any.
   * @throws H5Error "exists"; "argument" where the options do not fit each other
   */
  createDataset(path: string, options: CreateDatasetOptions): EditableDataset {
    this.transaction((transaction) => {
      createDataset(transaction, placeOf(transaction.file, path), options);
    });
    return this.dataset(path);
  }

  /** @throws NotFoundError; H5Error "argument" where it is no dataset */
  dataset(path: string): EditableDataset {
    const { address } = this.#datasetAt(path);
    return new EditableDataset({
      path,
      dataset: () => {
        const dataset = this.#datasetAt(path);
        if (dataset.address === address) return dataset;
        throw new H5Error("argument", `${path} is another dataset now`, { path });
      },
      transaction: (change) => this.transaction(change),
      attributes: this.attributes(path),
    });
  }

  /** The attributes of the object at a path, whatever it is. @throws NotFoundError */
  attributes(path: string): AttributeSet {
    this.file.resolve(path);
    return new AttributeSet({
      object: () => this.file.resolve(path),
      transaction: (change) => this.transaction(change),
    });
  }

  #datasetAt(path: string): Dataset {
    const object = this.file.resolve(path);
    if (object instanceof Dataset) return object;
    throw new H5Error("argument", `${path} is a ${object.kind}, not a dataset`, { path });
  }

  /** Another name for an object. @throws NotFoundError; H5Error "exists" */
  link(target: string, path: string): void {
    this.transaction((transaction) => {
      const { file } = transaction;
      const { address } = file.resolve(target);
      addLinkAt(transaction, placeOf(file, path), { kind: "hard", address });
    });
  }

  /** A link by path, from the root or from the link's own group; what it leads to need not exist. @throws H5Error "exists" */
  softLink(target: string, path: string): void {
    checkTarget(target);
    this.transaction((transaction) => {
      addLinkAt(transaction, placeOf(transaction.file, path), { kind: "soft", target });
    });
  }

  /** A link to an object in another file, whose name is relative to this one's directory. @throws H5Error "exists" */
  externalLink(file: string, target: string, path: string): void {
    checkTarget(target);
    checkTarget(file);
    this.transaction((transaction) => {
      addLinkAt(transaction, placeOf(transaction.file, path), { kind: "external", file, target });
    });
  }

  /** Renames or moves a link; what it leads to stays as it is. @throws NotFoundError; H5Error "exists" */
  move(from: string, to: string): void {
    this.transaction((transaction) => {
      const { file } = transaction;
      moveLink(transaction, placeOf(file, from), placeOf(file, to));
    });
  }

  /**
   * A deep copy: of a group with all that is in it, of a dataset with its chunks as they are stored; attributes, too. What has
   * several links in it is copied once. References lead to the copies of their objects; other ones to the same object within
   * one file, and are null in another: the report counts these.
   * @param from a path, or an object as it was read
   * @param source the file to copy from; default: this one
   * @throws NotFoundError; H5Error "exists", "unsupported" for what cannot be copied
   */
  copy(
    from: string | Pick<H5Object, "address" | "path">,
    to: string,
    source?: EditableFile | H5File,
    options: CopyOptions = {},
  ): CopyReport {
    return this.transaction((transaction) => {
      const { file } = transaction;
      const sourceFile = source instanceof EditableFile ? source.file : (source ?? file);
      const place = placeOf(file, to);
      assertFree(place);
      const copier = new ObjectCopier(sourceFile, transaction, sourceFile === file, options);
      const object = typeof from === "string" ? sourceFile.resolve(from) : sourceFile.object(from.address, from.path);
      placeObject(transaction, place, copier.copy(object));
      return copier.report;
    });
  }

  /**
   * Takes a link away; an object that has no other goes with all that is its own, its space is used again.
   * @param options.progress called again and again, for a progress line
   * @throws NotFoundError
   */
  delete(path: string, { progress }: { readonly progress?: ReleaseProgress } = {}): void {
    this.transaction((transaction) => removeLinkAt(transaction, placeOf(transaction.file, path), progress));
  }

  /** What was published survives a power cut when this returns. */
  flush(): void {
    this.#writable.sync();
  }

  /** Ends the work on the file, which is then whole without its log. */
  close(): void {
    this.#writable.close();
  }
}

function checkTarget(target: string): void {
  if (target !== "" && !target.includes("\0")) return;
  throw new H5Error("argument", `a link cannot lead to ${JSON.stringify(target)}`);
}
