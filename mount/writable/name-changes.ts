import { H5Error } from "../../src/errors.ts";
import {
  attributeMessages,
  deleteAttribute,
  type NewAttribute,
  setAttribute,
} from "../../src/object/attribute-edit.ts";
import { addLink, changeLinkCount, removeLink } from "../../src/object/link-edit.ts";
import { createGroup, traitsOf } from "../../src/object/new-object.ts";
import { unlink } from "../../src/object/unlink.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { childPath } from "../../src/tree/canonical-name.ts";
import { hashedInode } from "../../src/tree/inode.ts";
import { linkRecordAttribute, linkRecordName } from "../../src/tree/link-record.ts";
import type { DirectoryNode, FileNode, Node } from "../../src/tree/node.ts";
import { type PosixMetadata, posixAttribute, type Timestamp } from "../../src/tree/posix-metadata.ts";
import type { ListedLink, Tree } from "../../src/tree/tree.ts";
import { Errno, ErrnoError, messageOfFailure } from "../errno.ts";
import type { RenameFlags, Request } from "../filesystem.ts";
import { S_IFCHR, S_IFDIR, S_IFMT, S_ISGID } from "../node-attributes.ts";
import { createFileDataset } from "./chunked-store.ts";
import { now } from "./clock.ts";
import { linkTarget } from "./link-target.ts";
import type { LiveFile } from "./live-file.ts";
import type { Metadata } from "./metadata.ts";
import type { MovedNodes } from "./moved-nodes.ts";
import {
  bareLinkName,
  existing,
  hardLink,
  isBare,
  linkNameFor,
  type NamePlace,
  newLinkName,
  renamed,
  softLink,
} from "./names.ts";
import type { NewFileSettings } from "./new-file-storage.ts";
import type { OpenFiles } from "./open-files.ts";

/** Bytes of a file that becomes a dataset's elements while everybody waits for it. */
const MAX_EDIT = 2 ** 26;

export interface NameChangesSetup {
  readonly live: LiveFile;
  readonly tree: Tree;
  readonly files: OpenFiles;
  readonly metadata: Metadata;
  readonly moved: MovedNodes;
  readonly newFiles: NewFileSettings;
  /** Is given what a person should know of, a line at a time. */
  log(line: string): void;
}

/** Changes of names, each one transaction. */
export class NameChanges {
  readonly #setup: NameChangesSetup;

  constructor(setup: NameChangesSetup) {
    this.#setup = setup;
  }

  /** An empty file: regular, or a special one. @param mode with the file type */
  makeFile(request: Request, place: NamePlace, mode: number, rdev: number): void {
    const storage = this.#setup.newFiles.in(place.directory);
    this.#make(request, place, mode, rdev, (transaction, time, attributes) =>
      createFileDataset(transaction, time.seconds, storage, attributes),
    );
  }

  /** An empty file that no link leads to. @returns its address */
  makeUnnamed(request: Request, directory: DirectoryNode, mode: number): number {
    const time = now();
    const storage = this.#setup.newFiles.in(directory);
    const metadata = posixAttribute(this.#newMetadata(request, directory, mode, 0, time));
    return this.#setup.live.transaction((transaction) =>
      createFileDataset(transaction, time.seconds, storage, [metadata]),
    );
  }

  makeDirectory(request: Request, place: NamePlace, mode: number): void {
    const inherited = this.#setup.metadata.of(place.directory).mode & S_ISGID;
    const type = S_IFDIR | inherited;
    this.#make(request, place, (mode & ~S_IFMT) | type, 0, ({ edit }, time, attributes) =>
      createGroup(edit, traitsOf(time.seconds, attributeMessages(edit, attributes))),
    );
    this.#setup.metadata.countDirectory(place.directory, 1);
  }

  #make(
    request: Request,
    place: NamePlace,
    mode: number,
    rdev: number,
    create: (transaction: FileTransaction, time: Timestamp, attributes: readonly NewAttribute[]) => number,
  ): void {
    const link = newLinkName(place);
    const { directory } = place;
    const time = now();
    const metadata = this.#newMetadata(request, directory, mode, rdev, time);
    this.#change([directory], time, (transaction) => {
      const address = create(transaction, time, [posixAttribute(metadata)]);
      addLink(transaction.edit, directory.address, hardLink(link, address));
    });
  }

  makeSymlink(request: Request, place: NamePlace, text: string): void {
    const name = newLinkName(place);
    const { directory } = place;
    const time = now();
    const metadata: PosixMetadata = {
      ...this.#owner(request, directory),
      mode: undefined,
      rdev: 0,
      atime: time,
      mtime: time,
      ctime: time,
    };
    const ino = hashedInode(`${directory.key}/${name}:${time.seconds}.${time.nanoseconds}`);
    const target = linkTarget(this.#setup.tree, directory, text);
    this.#change([directory], time, ({ edit }) => {
      addLink(edit, directory.address, softLink(name, target));
      setAttribute(edit, directory.address, linkRecordAttribute(name, { target, text, ino, metadata }));
    });
  }

  /** One more name for a file, or its first. */
  link(node: FileNode, place: NamePlace): void {
    const name = newLinkName(place, node);
    const unnamed = this.#setup.files.ofObject(node.address).filter(({ isUnnamed }) => isUnnamed);
    const { directory } = place;
    const time = now();
    this.#change([directory], time, (transaction) => {
      // A new object counts the link that it is to have.
      if (unnamed.length === 0) changeLinkCount(transaction.edit, node.address, 1);
      addLink(transaction.edit, directory.address, hardLink(name, node.address));
      this.#setup.metadata.touch(transaction, node, { ctime: time });
    });
    for (const file of unnamed) {
      file.isUnnamed = false;
      file.isUnlinked = false;
      file.node.move(childPath(directory.path, place.name));
    }
  }

  unlink(place: NamePlace): void {
    const listed = existing(place);
    if (listed.node.kind === "directory") throw new ErrnoError(Errno.EISDIR);
    this.#takeAway(place, listed);
  }

  removeDirectory(place: NamePlace): void {
    const listed = existing(place);
    if (listed.node.kind !== "directory") throw new ErrnoError(Errno.ENOTDIR);
    checkEmpty(listed.node);
    this.#takeAway(place, listed);
  }

  #takeAway(place: NamePlace, listed: ListedLink): void {
    const time = now();
    const after = this.#change([place.directory], time, (transaction) =>
      this.#remove(transaction, place, listed, time),
    );
    after();
  }

  /** @param request whose the whiteout is to be */
  rename(request: Request, from: NamePlace, to: NamePlace, { noReplace, exchange, whiteout }: RenameFlags): void {
    const moving = existing(from);
    if (exchange) {
      this.#exchange(from, moving, to, existing(to));
      return;
    }
    const replaced = to.listed;
    if (noReplace && replaced !== undefined) throw new ErrnoError(Errno.EEXIST);
    // Two names of one file: rename(2) does nothing.
    if (replaced !== undefined && isSame(moving.node, replaced.node)) return;
    checkReplaceable(moving.node, replaced?.node);
    if (
      !whiteout &&
      replaced?.node.kind === "file" &&
      !isBare(replaced.node) &&
      moving.node.kind === "file" &&
      isBare(moving.node)
    ) {
      this.#renameOverDataset(from, moving.node, to, replaced.node);
      return;
    }
    const name = linkNameFor(moving.node, to.name);
    const rival = to.directory.group.link(name);
    const isFree = rival === undefined || rival.name === replaced?.link.name || isLink(from, moving, to, rival.name);
    if (!isFree) throw new ErrnoError(Errno.EEXIST);
    const time = now();
    const after = this.#change([from.directory, to.directory], time, (transaction) => {
      const { edit } = transaction;
      const done = replaced === undefined ? () => undefined : this.#remove(transaction, to, replaced, time);
      removeLink(edit, from.directory.address, moving.link.name);
      addLink(edit, to.directory.address, renamed(moving.link, name));
      this.#moveRecord(transaction, from, moving.node, to, name, time);
      if (moving.node.kind !== "symlink") this.#setup.metadata.touch(transaction, moving.node, { ctime: time });
      if (whiteout) this.#putWhiteout(transaction, request, from, time);
      return done;
    });
    after();
    this.#countMoved(moving.node, from, to);
    this.#setup.moved.moved([{ before: moving.node, place: to }]);
  }

  /** What an overlay has in the place of a file that it hides. */
  #putWhiteout(transaction: FileTransaction, request: Request, { directory, name }: NamePlace, time: Timestamp): void {
    const { edit } = transaction;
    const metadata = posixAttribute(this.#newMetadata(request, directory, S_IFCHR, 0, time));
    const storage = { filters: [], chunkBytes: undefined };
    const address = createFileDataset(transaction, time.seconds, storage, [metadata]);
    addLink(edit, directory.address, hardLink(bareLinkName(name), address));
  }

  /**
   * A file renamed over a dataset is an edit of it, as `sed -i` and most editors make it: the dataset takes the bytes over, where it
   * then reads back as they are. Else both stay: the file under that name, the dataset under its next view.
   */
  #renameOverDataset(from: NamePlace, file: FileNode, to: NamePlace, dataset: FileNode): void {
    const { files, moved, metadata } = this.#setup;
    const listed = existing(from);
    const time = now();
    try {
      // Its other names, and those who have it open, go on with the file as it is.
      if (file.object.linkCount > 1) throw new H5Error("argument", "the file has other names");
      if (files.ofObject(file.address).length > 0) throw new H5Error("argument", "the file is still open");
      if (files.size(file) > MAX_EDIT) throw new H5Error("limit", `a text of more than ${MAX_EDIT} bytes`);
      const bytes = files.bytes(file);
      const after = this.#change([from.directory, to.directory], time, (transaction) => {
        files.replaceView(transaction, dataset, bytes);
        metadata.touch(transaction, dataset, { mtime: time, ctime: time });
        return this.#remove(transaction, from, listed, time);
      });
      files.replaced(dataset);
      moved.became(file, dataset);
      after();
      return;
    } catch (error) {
      const why = messageOfFailure(error);
      this.#setup.log(`${dataset.path}: what was renamed over it stays a file, beside the dataset: ${why}`);
    }
    const name = linkNameFor(file, to.name);
    if (to.directory.group.link(name) !== undefined) throw new ErrnoError(Errno.EEXIST);
    this.#change([from.directory, to.directory], time, (transaction) => {
      removeLink(transaction.edit, from.directory.address, listed.link.name);
      addLink(transaction.edit, to.directory.address, renamed(listed.link, name));
      metadata.touch(transaction, file, { ctime: time });
    });
    moved.moved([{ before: file, place: to }]);
  }

  #exchange(from: NamePlace, first: ListedLink, to: NamePlace, second: ListedLink): void {
    if (isSame(first.node, second.node)) return;
    const firstName = linkNameFor(first.node, to.name);
    const secondName = linkNameFor(second.node, from.name);
    // Datasets are listed under another name than their link's: they would need two free ones.
    if (firstName !== second.link.name || secondName !== first.link.name) throw new ErrnoError(Errno.EINVAL);
    const time = now();
    this.#change([from.directory, to.directory], time, (transaction) => {
      const { edit } = transaction;
      removeLink(edit, from.directory.address, first.link.name);
      removeLink(edit, to.directory.address, second.link.name);
      addLink(edit, to.directory.address, renamed(first.link, firstName));
      addLink(edit, from.directory.address, renamed(second.link, secondName));
      for (const { node } of [first, second]) this.#dropRecord(transaction, node);
      this.#putRecord(transaction, first.node, to, firstName, time);
      this.#putRecord(transaction, second.node, from, secondName, time);
      for (const { node } of [first, second]) {
        if (node.kind !== "symlink") this.#setup.metadata.touch(transaction, node, { ctime: time });
      }
    });
    this.#countMoved(first.node, from, to);
    this.#countMoved(second.node, to, from);
    this.#setup.moved.moved([
      { before: first.node, place: to },
      { before: second.node, place: from },
    ]);
  }

  /** One transaction, which also says that the directories were changed. */
  #change<T>(directories: readonly DirectoryNode[], time: Timestamp, change: (transaction: FileTransaction) => T): T {
    return this.#setup.live.transaction((transaction) => {
      const result = change(transaction);
      for (const directory of new Map(directories.map((each) => [each.address, each])).values()) {
        this.#setup.metadata.touch(transaction, directory, { mtime: time, ctime: time });
      }
      return result;
    });
  }

  /** Takes a link away, and what has no other. @returns what is to be done when that is published */
  #remove(transaction: FileTransaction, place: NamePlace, { link, node }: ListedLink, time: Timestamp): () => void {
    const { files, metadata, moved } = this.#setup;
    const { edit } = transaction;
    const { directory } = place;
    const attributes = moved.attributes(node);
    if (link.kind !== "hard") {
      removeLink(edit, directory.address, link.name);
      this.#dropRecord(transaction, node);
      return () => moved.gone(node, attributes);
    }
    const count = node.kind === "file" ? node.object.linkCount : node.kind === "directory" ? node.group.linkCount : 1;
    if (count > 1) {
      unlink(transaction, directory.address, link.name);
      if (node.kind === "file") metadata.touch(transaction, node, { ctime: time });
      return () => undefined;
    }
    const open = node.kind === "file" || node.kind === "directory" ? files.ofObject(node.address) : [];
    if (open.length === 0) unlink(transaction, directory.address, link.name);
    // It stays until the last is closed.
    else removeLink(edit, directory.address, link.name);
    return () => {
      for (const file of open) {
        if (file.node.view !== "attrs.json") file.metadata = { ...metadata.stored(file.node), ctime: time };
        file.isUnlinked = true;
      }
      if (node.kind === "directory") metadata.countDirectory(directory, -1);
      if (node.kind === "directory" || open.length === 0) moved.gone(node, attributes);
    };
  }

  #moveRecord(
    transaction: FileTransaction,
    from: NamePlace,
    node: Node,
    to: NamePlace,
    name: string,
    time: Timestamp,
  ): void {
    if (node.kind !== "symlink" || (from.directory.address === to.directory.address && node.linkName === name)) return;
    this.#dropRecord(transaction, node);
    this.#putRecord(transaction, node, to, name, time);
  }

  #dropRecord({ edit }: FileTransaction, node: Node): void {
    if (node.kind !== "symlink" || node.record === undefined) return;
    deleteAttribute(edit, node.parent.address, linkRecordName(node.linkName));
  }

  #putRecord({ edit }: FileTransaction, node: Node, to: NamePlace, name: string, time: Timestamp): void {
    if (node.kind !== "symlink" || node.record === undefined) return;
    const record = { ...node.record, metadata: { ...node.record.metadata, ctime: time } };
    setAttribute(edit, to.directory.address, linkRecordAttribute(name, record));
  }

  #countMoved(node: Node, from: NamePlace, to: NamePlace): void {
    if (node.kind !== "directory") return;
    this.#setup.metadata.countDirectory(from.directory, -1);
    this.#setup.metadata.countDirectory(to.directory, 1);
  }

  #newMetadata(request: Request, directory: DirectoryNode, mode: number, rdev: number, time: Timestamp): PosixMetadata {
    return { ...this.#owner(request, directory), mode, rdev, atime: time, mtime: time, ctime: time };
  }

  #owner({ uid, gid }: Request, directory: DirectoryNode): Pick<PosixMetadata, "uid" | "gid"> {
    const parent = this.#setup.metadata.of(directory);
    return { uid, gid: (parent.mode & S_ISGID) !== 0 ? parent.gid : gid };
  }
}

function checkEmpty(directory: DirectoryNode): void {
  if (directory.group.hasMoreLinksThan(0)) throw new ErrnoError(Errno.ENOTEMPTY);
}

/** As rename(2) has it; the kernel has looked at the types, too, but not at what became of them since. */
function checkReplaceable(node: Node, replaced: Node | undefined): void {
  if (replaced === undefined) return;
  if (node.kind === "directory" && replaced.kind !== "directory") throw new ErrnoError(Errno.ENOTDIR);
  if (node.kind !== "directory" && replaced.kind === "directory") throw new ErrnoError(Errno.EISDIR);
  if (replaced.kind === "directory") checkEmpty(replaced);
}

function isSame(a: Node, b: Node): boolean {
  return a.kind !== "symlink" && a.key === b.key;
}

/** Whether that link is the one that is being renamed: in the same directory, a view's extension may be all that changes. */
function isLink(from: NamePlace, { link }: ListedLink, to: NamePlace, name: string): boolean {
  return from.directory.address === to.directory.address && link.name === name;
}
