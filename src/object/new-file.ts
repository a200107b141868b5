import { closeSync, openSync } from "node:fs";
import { H5Error } from "../errors.ts";
import type { BTreeK } from "../format/b-tree-k.ts";
import { FormatContext } from "../format/context.ts";
import { type ByteStore, EditContext } from "../format/edit-context.ts";
import { MESSAGE } from "../format/header-message.ts";
import { now } from "../format/modification-time.ts";
import { findMessage, readObjectHeader } from "../format/object-header.ts";
import { Reader, type Sizes } from "../format/reader.ts";
import { DEFAULT_K, encodeSuperblock, type Superblock, superblockSize } from "../format/superblock.ts";
import { decodeSymbolTable } from "../format/symbol-table.ts";
import type { SymbolTableEntry } from "../format/symbol-table-entry.ts";
import { Writer } from "../format/writer.ts";
import { AddressSpace } from "../storage/address-space.ts";
import { FreshFile, type IfTaken } from "../storage/fresh-file.ts";
import { lockExclusive } from "../storage/journal/system-calls.ts";
import type { FileSpace } from "./first-write.ts";
import { createExtension } from "./new-extension.ts";
import { createGroup } from "./new-object.ts";

/** The oldest HDF5 library that is to read a file: which superblock, headers, groups and chunk indexes it gets. */
export type LibraryVersion = "earliest" | "v18" | "v110" | "v200";

export const LIBRARY_VERSIONS: readonly LibraryVersion[] = ["earliest", "v18", "v110", "v200"];

export interface NewFileOptions {
  /** Default: "v18", which every HDF5 library since 2008 reads. */
  readonly libver?: LibraryVersion | undefined;
  /** Bytes before the superblock that are the user's own: 0, 512 or a larger power of two. */
  readonly userBlock?: number | undefined;
}

/** Format 4.0 (HDF5 2.0) has no superblock of its own. */
const SUPERBLOCK_VERSION: Record<LibraryVersion, Superblock["version"]> = { earliest: 0, v18: 2, v110: 3, v200: 3 };

const SIZES = { sizeOfOffsets: 8, sizeOfLengths: 8 };

/** What only a copy of another file has. */
export interface NewFileSetup extends NewFileOptions {
  /** Of addresses and lengths. */
  readonly sizes?: Sizes;
  /** How large the nodes of its B-trees are. */
  readonly k?: BTreeK;
  /** How its space is managed; files for HDF5 1.6 have no place for that. */
  readonly fileSpace?: FileSpace | undefined;
  /** Makes the root group. @returns its header's address */
  readonly makeRoot?: (edit: EditContext) => number;
}

/** What is made of a file that has nothing but an empty root group: all its bytes, those of the user block included. */
export function newFileBytes(options: NewFileSetup = {}): Uint8Array {
  const { libver = "v18", userBlock = 0, sizes = SIZES, k = DEFAULT_K, fileSpace } = options;
  checkUserBlock(userBlock);
  if (!LIBRARY_VERSIONS.includes(libver)) {
    throw new H5Error("argument", `${JSON.stringify(libver)} is no version; expected ${LIBRARY_VERSIONS.join(", ")}`);
  }
  const version = superblockVersion(libver, k);
  const store = new GrowingBytes(userBlock);
  const context = new FormatContext(new AddressSpace(store.snapshot(), userBlock), sizes);
  const edit = new EditContext(context, { ...k, version }, store);
  edit.allocate(superblockSize(version, sizes), "metadata");
  const makeRoot = options.makeRoot ?? ((context) => createGroup(context, now()));
  const rootAddress = makeRoot(edit);
  const extensionAddress =
    version < 2 ? undefined : createExtension(edit, k, fileSpace, () => store.bytes.length - userBlock);
  const w = new Writer(sizes);
  encodeSuperblock(w, {
    version,
    sizeOfOffsets: sizes.sizeOfOffsets,
    sizeOfLengths: sizes.sizeOfLengths,
    ...k,
    consistencyFlags: 0,
    baseAddress: userBlock,
    storedBaseAddress: userBlock,
    endOfFile: store.bytes.length - userBlock,
    rootAddress,
    extensionAddress,
    driverInfoAddress: undefined,
    freeSpaceInfoAddress: undefined,
    rootEntry: version < 2 ? rootEntry(context, rootAddress) : undefined,
  });
  edit.write(0, w.bytes);
  return store.bytes;
}

/** Version 0 has no place for the size of the nodes of chunk indexes. */
function superblockVersion(libver: LibraryVersion, { indexedStorageInternalNodeK }: BTreeK): Superblock["version"] {
  const version = SUPERBLOCK_VERSION[libver];
  const isDefault = indexedStorageInternalNodeK === DEFAULT_K.indexedStorageInternalNodeK;
  return version === 0 && !isDefault ? 1 : version;
}

/**
 * Makes a file with an empty root group. It has its name when it is whole and on the disk, never before.
 * @throws H5Error "exists" where the name is taken and not to be replaced, "locked" where another program has the file open
 * that would be replaced, "read-only" and "io"
 */
export function createFile(path: string, options: NewFileOptions = {}, ifTaken: IfTaken = "refuse"): void {
  const bytes = newFileBytes(options);
  const file = FreshFile.begin(path, ifTaken);
  const replaced = ifTaken === "replace" ? lockReplaced(path, () => file.discard()) : undefined;
  try {
    file.write(bytes);
    file.place();
  } catch (error) {
    file.discard();
    throw error;
  } finally {
    if (replaced !== undefined) closeSync(replaced);
  }
}

/** Nobody else has the file open for as long as the descriptor is. `undefined`: there is no such file. */
function lockReplaced(path: string, undo: () => void): number | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, "r+");
    if (!lockExclusive(fd)) {
      throw new H5Error("locked", `${path}: another program has the file open; it is not replaced meanwhile`);
    }
    return fd;
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    undo();
    if (error instanceof H5Error) throw error;
    throw new H5Error("read-only", `${path}: it cannot be replaced: ${String(error)}`, { cause: error });
  }
}

function checkUserBlock(size: number): void {
  if (size === 0 || (size >= 512 && Number.isInteger(Math.log2(size)) && size <= 2 ** 40)) return;
  throw new H5Error("argument", `a user block of ${size} bytes: expected 0, 512 or a larger power of two`);
}

/** With the addresses of the root's table, which libhdf5 takes from there. */
function rootEntry(context: FormatContext, rootAddress: number): SymbolTableEntry {
  const message = findMessage(readObjectHeader(context, rootAddress), MESSAGE.symbolTable);
  if (message === undefined) throw new TypeError("a root group of the old kind has a symbol table");
  const table = decodeSymbolTable(new Reader(message.body, message.address, "symbol table message", context));
  return {
    linkNameOffset: 0,
    objectHeaderAddress: rootAddress,
    cache: { kind: "group", bTreeAddress: table.bTreeAddress, nameHeapAddress: table.localHeapAddress },
  };
}

/** The bytes of a file that is being made in memory; nothing is ever freed. */
class GrowingBytes implements ByteStore {
  #bytes: Uint8Array;

  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  snapshot(): AddressSpace["snapshot"] {
    const store = this;
    return {
      get size() {
        return store.bytes.length;
      },
      read: (offset, length) => store.bytes.slice(offset, offset + length),
      pieces: (offset, length) => [{ bytes: store.bytes.slice(offset, offset + length) }],
      describe: () => {
        throw new H5Error("argument", "a file that is being made cannot be opened by another thread");
      },
    };
  }

  write(offset: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, offset);
  }

  allocate(size: number): number {
    const at = this.#bytes.length;
    const larger = new Uint8Array(at + Math.ceil(size / 8) * 8);
    larger.set(this.#bytes);
    this.#bytes = larger;
    return at;
  }

  free(): void {
    throw new TypeError("nothing is freed while a file is being made");
  }
}
