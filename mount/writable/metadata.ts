import { type NewAttribute, setAttribute } from "../../src/object/attribute-edit.ts";
import type { H5File } from "../../src/object/file.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { type LinkRecord, linkRecordAttribute } from "../../src/tree/link-record.ts";
import type { DirectoryNode, Node } from "../../src/tree/node.ts";
import { NO_METADATA, type PosixMetadata, type Timestamp } from "../../src/tree/posix-metadata.ts";
import { Errno, ErrnoError } from "../errno.ts";
import type { AttributeChange, Attributes, Request } from "../filesystem.ts";
import { attributesOf, directoryEntryType, directoryLinks, type FileFacts, S_ISGID } from "../node-attributes.ts";
import { DirectoryTimes } from "./directory-times.ts";
import type { LiveFile } from "./live-file.ts";
import { changeMetadata, checkChange, withoutPrivileges } from "./metadata-changes.ts";
import { isWritableFile } from "./names.ts";
import type { OpenFiles } from "./open-files.ts";
import type { PosixStore } from "./posix-store.ts";
import type { ViewNotices } from "./view-notices.ts";

/** Bytes that programs are to write at a time, such as `cp`: as many as one request has. Who reads may want a few from the middle. */
const MAX_WRITE = 2 ** 20;

/** What POSIX has of nodes, and the keeping of it. */
export class Metadata {
  /** The mounted one. */
  readonly #file: H5File;
  readonly #files: OpenFiles;
  readonly #facts: FileFacts;
  readonly #store: PosixStore;
  readonly #notices: ViewNotices;
  /** Links of directories, by the addresses of their groups: counted once, and kept up. */
  readonly #links = new Map<number, number>();
  readonly #directoryTimes = new DirectoryTimes();

  constructor(file: H5File, files: OpenFiles, facts: FileFacts, store: PosixStore, notices: ViewNotices) {
    this.#file = file;
    this.#files = files;
    this.#notices = notices;
    this.#facts = facts;
    this.#store = store;
  }

  /** What the mount itself tells of the file. */
  get facts(): FileFacts {
    return this.#facts;
  }

  /** The DT_* type of a directory entry. */
  entryType(node: Node): number {
    return directoryEntryType(node, this.#facts);
  }

  /** @param size a file's; of one that is open its buffer tells it */
  of(node: Node, size = 0): Attributes {
    if (node.kind === "directory") {
      const nlink = this.#directoryLinks(node);
      const metadata = node.file === this.#file ? this.#directoryTimes.of(node.address) : undefined;
      return attributesOf(node, 0, this.#facts, { nlink, metadata });
    }
    const open = node.kind === "file" ? this.#files.get(node) : undefined;
    const isNew = open?.isNew === true;
    const nlink = isNew ? 1 : open?.isUnlinked === true ? 0 : undefined;
    const attributes = attributesOf(node, open?.size ?? size, this.#facts, {
      metadata: open?.metadata,
      nlink,
      blocks: isNew ? 0 : undefined,
    });
    if (node.kind === "file" && !isNew && !isWritableFile(node)) attributes.mode &= ~0o222;
    else if (open !== undefined) {
      if (open.hasNewBytes) attributes.blocks = Math.max(attributes.blocks, Math.ceil(attributes.size / 512));
      if (open.isFileNode && open.writers > 0) attributes.blksize = MAX_WRITE;
    }
    return attributes;
  }

  /** What is kept, or is to be. */
  stored(node: Node): PosixMetadata {
    switch (node.kind) {
      case "directory":
        return this.#directoryTimes.of(node.address) ?? this.#store.read(node.group) ?? NO_METADATA;
      case "file":
        return this.#files.metadata(node) ?? NO_METADATA;
      case "symlink":
        return node.record?.metadata ?? NO_METADATA;
      case "broken":
        throw node.error;
    }
  }

  /** The group of what is made in a directory whose set-group-ID bit says so. */
  inheritedGroup(directory: DirectoryNode): number | undefined {
    const { mode, gid } = this.of(directory);
    return (mode & S_ISGID) !== 0 ? gid : undefined;
  }

  /** What is to be kept of a node after SETATTR. @throws ErrnoError EPERM */
  changed(request: Request, node: Node, change: AttributeChange, time: Timestamp): PosixMetadata {
    const shown = this.of(node);
    checkChange(node.kind, shown, this.#facts, change);
    const stored = this.stored(node);
    const kept = change.killPrivileges === true ? withoutPrivileges(stored, request) : stored;
    return changeMetadata(shown, kept, change, time);
  }

  /** Changes what is kept of a node, in the transaction that is the cause. */
  touch(transaction: FileTransaction, node: Node, change: Partial<PosixMetadata>): void {
    // What cannot be read has no metadata either.
    if (node.kind === "broken") return;
    const { edit } = transaction;
    if (node.kind === "symlink") {
      if (!this.#store.isKept) return;
      const metadata = { ...this.stored(node), ...change };
      const { parent, linkName } = node;
      setAttribute(edit, parent.address, linkRecordAttribute(linkName, { ...recordOf(node), metadata }));
      return;
    }
    const open = node.kind === "file" ? this.#files.get(node) : undefined;
    const stored = open?.metadata ?? this.#store.read(transaction.file.object(node.address)) ?? NO_METADATA;
    const newest = node.kind === "directory" ? this.#directoryTimes.of(node.address) : undefined;
    const metadata = { ...(newest ?? stored), ...change };
    if (node.kind === "directory") this.#directoryTimes.forget(node.address);
    // Its times will be written with its data.
    if (open?.metadata !== undefined) open.metadata = metadata;
    this.#store.write(transaction, node.address, metadata);
    this.#notices.changed(node, false);
  }

  /** Names in the directory were changed. */
  namesChanged(directory: DirectoryNode, time: Timestamp): void {
    this.#directoryTimes.changed(directory, time, () => this.#store.read(directory.group) ?? NO_METADATA);
    this.#notices.changed(directory, false);
  }

  /** Stores what is in memory alone: times of directories. */
  store(live: LiveFile): void {
    if (this.#directoryTimes.isEmpty) return;
    live.transaction((transaction) => {
      for (const node of this.#directoryTimes.nodes()) this.touch(transaction, node, {});
    });
  }

  /** The attributes that a new object is made with. */
  attributesFor(metadata: PosixMetadata): readonly NewAttribute[] {
    return this.#store.attributesFor(metadata);
  }

  /** A directory has been added to one, or taken away. */
  countDirectory(directory: DirectoryNode, difference: 1 | -1): void {
    const links = this.#links.get(directory.address);
    // 1 says that they are not counted.
    if (links !== undefined && links > 1) this.#links.set(directory.address, links + difference);
  }

  /** The object at an address is no more. */
  forget(address: number): void {
    this.#links.delete(address);
    this.#directoryTimes.forget(address);
  }

  #directoryLinks(directory: DirectoryNode): number {
    let links = this.#links.get(directory.address);
    if (links === undefined) {
      links = directoryLinks(directory);
      if (!directory.isHidden) this.#links.set(directory.address, links);
    }
    return links;
  }
}

/** A symlink that was not made in a mount gets a record with its first change. */
function recordOf(node: Node & { kind: "symlink" }): LinkRecord {
  if (node.record !== undefined) return node.record;
  const link = node.parent.group.link(node.linkName);
  if (link?.kind !== "soft") throw new ErrnoError(Errno.EPERM);
  return { target: link.target, text: node.target, ino: node.ino, metadata: NO_METADATA };
}
