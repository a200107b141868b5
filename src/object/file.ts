import { LRUCache } from "lru-cache";
import { FormatError, H5Error, NotFoundError, UnsupportedError } from "../errors.ts";
import { FormatContext } from "../format/context.ts";
import type { Datatype } from "../format/datatype.ts";
import { GlobalHeap } from "../format/global-heap.ts";
import { MESSAGE } from "../format/header-message.ts";
import { findMessage, type ObjectHeader, readObjectHeader } from "../format/object-header.ts";
import { checkConsistencyFlags, readSuperblock, type Superblock } from "../format/superblock.ts";
import { AddressSpace } from "../storage/address-space.ts";
import type { Snapshot, Storage } from "../storage/storage.ts";
import { CommittedDatatype } from "./committed-datatype.ts";
import { Dataset } from "./dataset.ts";
import { DecodedScopes } from "./decoded-scopes.ts";
import { childPath, Group, pathParts } from "./group.ts";
import type { Link } from "./link.ts";
import { openStorage } from "./open-storage.ts";
import { openingError } from "./opening-error.ts";
import { type Extension, readExtension } from "./superblock-extension.ts";

export type H5Object = Group | Dataset | CommittedDatatype;

export interface OpenOptions {
  /** An H5File reads; what writes is `EditableFile`. */
  readonly mode?: "r" | undefined;
  /** Open although the consistency flags say that a writer has the file open, or died while it had. */
  readonly ignoreConsistencyFlags?: boolean;
  /** Opens other files that this one names; without it external links are not followed, and raw data in other files not read. */
  readonly externalFiles?: ExternalOpener;
}

/** Opens other files. */
export interface ExternalOpener {
  /** One that an external link leads to. @param from path of the file that has the link. @throws H5Error */
  open(from: string, name: string): H5File;
  /** One that has raw data: a file descriptor, which stays open. @param from path of the file that names it. @throws H5Error */
  raw(from: string, name: string): number;
}

/** A storage whose bytes change while it is read. */
export interface ChangingStorage extends Storage {
  /** `listener` is told of every range whose bytes have changed. */
  onChange(listener: (offset: number, length: number) => void): void;
}

let lastId = 0;

/** Bytes of object headers that are kept decoded; a decoded message takes some hundred bytes more than its body. */
const CACHE_SIZE = 4 * 1024 * 1024;

/** Bytes; no version has more. */
const LARGEST_SUPERBLOCK = 512;

/** Soft links that a path may lead through before it is taken for a cycle, and parts that it may have with their targets. */
const MAX_SOFT_LINKS = 64;
const MAX_PARTS = 65536;

/** External links that a path may lead through before it is taken for a cycle (libhdf5: 16 links of any kind). */
const MAX_EXTERNAL_LINKS = 16;

/**
 * An HDF5 file: its objects by address and by path. Everything is read from one snapshot of the storage; or, where the file
 * is being written, from its bytes as they are now: then an object shows the state in which it was opened, or a mixture of
 * that and later ones, and is to be asked for again, by its address or path, after each change.
 */
export class H5File {
  /** How messages name the file. */
  readonly name: string;
  readonly snapshot: Snapshot;
  /** Of the bytes that the file has in their places. */
  readonly #plain: FormatContext;
  #id = ++lastId;
  readonly #rootAddress: number;
  readonly #extensionAddress: number | undefined;
  /** `undefined`: it has changed since it was read. */
  #superblock: Superblock | undefined;
  #extension: Extension | undefined;
  /** Where the file changes: the context that the extension was read through. */
  #noted: FormatContext | undefined;
  #globalHeap: GlobalHeap | undefined;
  /** Where the file changes: what was decoded from which bytes. */
  #scopes: DecodedScopes | undefined;
  readonly #storage: Storage | undefined;
  readonly #datatypes = new LRUCache<string, Datatype>({ max: 64 });
  readonly #externalFiles: ExternalOpener | undefined;
  readonly #objects = new LRUCache<number, H5Object>({
    maxSize: CACHE_SIZE,
    sizeCalculation: (object) => headerSize(object.header),
    dispose: (object) => this.#scopes?.close(object.context),
  });

  private constructor(snapshot: Snapshot, name: string, storage: Storage | undefined, options: OpenOptions) {
    this.snapshot = snapshot;
    this.name = name;
    this.#storage = storage;
    this.#externalFiles = options.externalFiles;
    const superblock = readSuperblock(snapshot, name);
    if (options.ignoreConsistencyFlags !== true) checkConsistencyFlags(superblock, name);
    this.#plain = new FormatContext(new AddressSpace(snapshot, superblock.baseAddress), superblock);
    this.#rootAddress = superblock.rootAddress;
    this.#extensionAddress = superblock.extensionAddress;
    this.#superblock = { ...superblock, ...this.#readExtension().overrides };
    // A file whose root cannot be read is refused now, not at its first use.
    this.object(superblock.rootAddress, "/");
  }

  /**
   * Opens a file by its path, or whatever a storage holds; `close` closes it.
   * @throws FormatError where it is no HDF5 file, or damaged; H5Error "io" where it cannot be read
   */
  static open(source: string | Storage, options: OpenOptions = {}): H5File {
    const mode: string = options.mode ?? "r";
    if (mode !== "r") {
      throw new H5Error(
        "argument",
        `an H5File only reads: EditableFile.open(path, { mode: "${mode}" }) is what writes`,
      );
    }
    const storage = typeof source === "string" ? openStorage(source).storage : source;
    try {
      return new H5File(storage.snapshot(), storage.name, storage, options);
    } catch (error) {
      storage.close();
      throw openingError(error, storage.name);
    }
  }

  /** The same state of a file that another thread has open; `close` leaves the storage open. */
  static attach(snapshot: Snapshot, name = "file", options: Pick<OpenOptions, "externalFiles"> = {}): H5File {
    return new H5File(snapshot, name, undefined, { ...options, ignoreConsistencyFlags: true });
  }

  /**
   * A file that is being written, as it is now: what was decoded from bytes that change is forgotten. `close` leaves the
   * storage open.
   */
  static attachChanging(storage: ChangingStorage, options: Pick<OpenOptions, "externalFiles"> = {}): H5File {
    const file = H5File.attach(storage.snapshot(), storage.name, options);
    const scopes = new DecodedScopes();
    // What was opened until now has noted nothing.
    file.#objects.clear();
    file.#extension = undefined;
    file.#scopes = scopes;
    storage.onChange((offset, length) => {
      const { base } = file.#plain.space;
      // Caches of others know the file's state by its id.
      file.#id = ++lastId;
      if (offset < base + LARGEST_SUPERBLOCK && offset + length > base) file.#superblock = undefined;
      scopes.changed(offset - base, length);
    });
    return file;
  }

  /** Tells the files apart that this thread has open, and the states of a file that is being written. */
  get id(): number {
    return this.#id;
  }

  get superblock(): Superblock {
    if (this.#superblock === undefined) {
      const superblock = readSuperblock(this.snapshot, this.name);
      this.#superblock = { ...superblock, ...this.#readExtension().overrides };
    }
    return this.#superblock;
  }

  /** Another one where metadata that were in a cache image have come to their places. */
  get context(): FormatContext {
    return this.#readExtension().context;
  }

  #readExtension(): Extension {
    if (this.#extension === undefined) {
      if (this.#noted !== undefined) this.#scopes?.close(this.#noted);
      const noted = this.#scopes?.open(this.#plain, () => this.#forgetAll()) ?? this.#plain;
      this.#noted = noted;
      const extension = readExtension(noted, this.#extensionAddress, this.name);
      this.#extension = extension.context === noted ? { ...extension, context: this.#plain } : extension;
    }
    return this.#extension;
  }

  /** Objects may have been read through a cache image that is there no more. */
  #forgetAll(): void {
    this.#superblock = undefined;
    this.#extension = undefined;
    this.#globalHeap = undefined;
    this.#objects.clear();
  }

  get globalHeap(): GlobalHeap {
    this.#globalHeap ??= new GlobalHeap(this.#openScope(() => (this.#globalHeap = undefined)));
    return this.#globalHeap;
  }

  get space(): AddressSpace {
    return this.context.space;
  }

  /** @throws FormatError where the root is damaged, or no group */
  get root(): Group {
    const root = this.object(this.#rootAddress, "/");
    if (root instanceof Group) return root;
    throw new FormatError(`${this.name}: the root object is a ${root.kind}, expected a group`, {
      address: root.address,
    });
  }

  /** @param context of what is decoded from it */
  readHeader(address: number, context: FormatContext): ObjectHeader {
    const kept = this.#scopes === undefined ? this.#objects.get(address)?.header : undefined;
    return kept ?? readObjectHeader(context, address);
  }

  /**
   * The object whose header is at `address`.
   * @param path names the object in messages, unless it was opened before
   * @throws FormatError where there is no object header, or one that is neither group, dataset nor datatype
   */
  object(address: number, path = `#0x${address.toString(16)}`): H5Object {
    let object = this.#objects.get(address);
    if (object === undefined) {
      const context = this.#openScope(() => this.#objects.delete(address));
      object = this.#open(readObjectHeader(context, address), path, context);
      this.#objects.set(address, object);
    }
    return object;
  }

  /** What `decode` makes of a datatype message's bytes: the datasets of a file mostly share a few types. */
  datatype(body: Uint8Array, decode: () => Datatype): Datatype {
    const key = Buffer.from(body.buffer, body.byteOffset, body.length).toString("latin1");
    let datatype = this.#datatypes.get(key);
    if (datatype === undefined) {
      datatype = decode();
      this.#datatypes.set(key, datatype);
    }
    return datatype;
  }

  /** @param forget called when what was read through the context is out of date */
  #openScope(forget: () => void): FormatContext {
    return this.#scopes?.open(this.context, forget) ?? this.context;
  }

  /** In libhdf5's order: what has links is a group, what has a type and a space is a dataset, what has a type a datatype. */
  #open(header: ObjectHeader, path: string, context: FormatContext): H5Object {
    const has = (type: number): boolean => findMessage(header, type) !== undefined;
    if (has(MESSAGE.symbolTable) || has(MESSAGE.linkInfo)) return new Group(this, header, path, context);
    if (has(MESSAGE.datatype)) {
      return has(MESSAGE.dataspace)
        ? new Dataset(this, header, path, context)
        : new CommittedDatatype(this, header, path, context);
    }
    throw new FormatError("is that of neither a group nor a dataset nor a datatype", {
      structure: "object header",
      address: header.address,
      path,
    });
  }

  /**
   * The object at `path`, from the root group or from `from` where it does not begin with "/". Soft links are followed.
   * @throws NotFoundError where a link is missing, UnsupportedError at a user-defined link, or an external one that is not
   * to be followed
   */
  resolve(path: string, from: Group = this.root): H5Object {
    return this.#resolve(path, from, 0);
  }

  /** @param hops external links that led here */
  #resolve(path: string, from: Group, hops: number): H5Object {
    let object: H5Object = path.startsWith("/") ? this.root : from;
    const parts = pathParts(path).reverse();
    checkParts(parts, path);
    let softLinks = 0;
    for (let name = parts.pop(); name !== undefined; name = parts.pop()) {
      if (!(object instanceof Group)) {
        throw new H5Error("not-a-group", `${object.path}: is a ${object.kind}, which has no ${JSON.stringify(name)}`, {
          path,
        });
      }
      const link: Link | undefined = object.link(name);
      if (link === undefined) {
        throw new NotFoundError(`${childPath(object.path, name)}: there is no such link`, { path });
      }
      if (link.kind === "soft") {
        if (++softLinks > MAX_SOFT_LINKS) {
          throw new H5Error("limit", `${path}: leads through more than ${MAX_SOFT_LINKS} soft links`, { path });
        }
        if (link.target.startsWith("/")) object = object.file.root;
        for (const part of pathParts(link.target).reverse()) parts.push(part);
        checkParts(parts, path);
      } else {
        object = object.file.#follow(link, object, hops);
      }
    }
    return object;
  }

  /** What `link`, one of `group`'s links, leads to. @throws as `resolve` does */
  follow(link: Link, group: Group): H5Object {
    return this.#follow(link, group, 0);
  }

  #follow(link: Link, group: Group, hops: number): H5Object {
    const path = childPath(group.path, link.name);
    switch (link.kind) {
      case "hard":
        return this.object(link.address, path);
      case "soft":
        return this.#resolve(link.target, group, hops);
      case "external": {
        if (this.#externalFiles === undefined) {
          throw new UnsupportedError(`${path}: links to ${link.target} in another file, ${link.file}`, { path });
        }
        if (hops >= MAX_EXTERNAL_LINKS) {
          throw new H5Error("limit", `${path}: leads through more than ${MAX_EXTERNAL_LINKS} external links`, { path });
        }
        const file = this.#externalFiles.open(this.snapshot.describe().path, link.file);
        return file.#resolve(link.target, file.root, hops + 1);
      }
      case "user":
        throw new UnsupportedError(`${path}: is a user-defined link of type ${link.type}`, { path });
    }
  }

  /** A file descriptor of a file that raw data are in. @throws H5Error */
  rawFile(name: string): number {
    if (this.#externalFiles === undefined)
      throw new H5Error("unsupported", `the raw data are in another file, ${name}`);
    return this.#externalFiles.raw(this.snapshot.describe().path, name);
  }

  close(): void {
    this.#objects.clear();
    this.#storage?.close();
  }
}

function checkParts(parts: readonly string[], path: string): void {
  if (parts.length > MAX_PARTS) {
    throw new H5Error("limit", `a path of ${parts.length} parts, at most ${MAX_PARTS} are followed`, { path });
  }
}

function headerSize(header: ObjectHeader): number {
  return header.messages.reduce((sum, { body }) => sum + body.length + 384, 1024);
}
