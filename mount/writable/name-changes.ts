import { H5Error } from "../../src/errors.ts";
import type { EncodedBefore } from "../../src/format/kept-structures.ts";
import {
  attributeMessages,
  deleteAttribute,
  type NewAttribute,
  setAttribute,
} from "../../src/object/attribute-edit.ts";
import { changeLinkCount } from "../../src/object/link-edit.ts";
import { createGroup, traitsOf } from "../../src/object/new-object.ts";
import { indexGroupName } from "../../src/object/pytables.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { childPath } from "../../src/tree/canonical-name.ts";
import { hashedInode } from "../../src/tree/inode.ts";
import { linkRecordAttribute } from "../../src/tree/link-record.ts";
import type { DirectoryNode, FileNode, Node } from "../../src/tree/node.ts";
import type { PosixMetadata, Timestamp } from "../../src/tree/posix-metadata.ts";
import { isMadeView, SHOWN_AS_NAME, shownAs, shownAsAttribute } from "../../src/tree/shown-as.ts";
import { shownName } from "../../src/tree/shown-name.ts";
import type { ListedLink, Tree } from "../../src/tree/tree.ts";
import type { TextIndex } from "../../src/view/text-index.ts";
import { Errno, ErrnoError, messageOfFailure, Preparing } from "../errno.ts";
import type { RenameFlags, Request } from "../filesystem.ts";
import { S_IFCHR, S_IFDIR, S_IFMT, S_IFREG, S_ISGID } from "../node-attributes.ts";
import { createFileDataset } from "./chunked-store.ts";
import { now } from "./clock.ts";
import type { KnownNames } from "./known-names.ts";
import { dropRecord, moveRecord, putRecord } from "./link-records.ts";
import { linkTarget } from "./link-target.ts";
import type { LiveFile } from "./live-file.ts";
import type { Metadata } from "./metadata.ts";
import type { MovedNodes } from "./moved-nodes.ts";
import {
  bareLinkName,
  existing,
  hardLink,
  indexOfTable,
  isBare,
  linkFor,
  linkOf,
  makeRoom,
  type NamePlace,
  type NewLink,
  newLink,
  putLink,
  renamed,
  softLink,
  takeLast,
  takeLink,
} from "./names.ts";
import { type NewFileSettings, PLAIN_STORAGE } from "./new-file-storage.ts";
import type { NewFiles } from "./new-files.ts";
import type { OpenFiles } from "./open-files.ts";
import { checkEmpty, checkRenamed, checkReplaceable, isSame } from "./rename-checks.ts";
import { SetAside, storageOf, takeOverAttributes } from "./set-aside.ts";

/** Bytes of a file that becomes a dataset's elements while everybody waits for it. */
const MAX_EDIT = 2 ** 26;

export interface NameChangesSetup {
  readonly live: LiveFile;
  readonly tree: Tree;
  readonly files: OpenFiles;
  readonly metadata: Metadata;
  readonly moved: MovedNodes;
  readonly newFiles: NewFileSettings;
  readonly waiting: NewFiles;
  readonly known: KnownNames;
  /** Is given what a person should know of, a line at a time. */
  log(line: string): void;
}

/** A link that was renamed. */
interface Move extends ListedLink {
  readonly from: NamePlace;
  readonly to: NamePlace;
  /** Of the link now. */
  readonly name: string;
}

/** Changes of names, each one transaction. */
export class NameChanges {
  readonly #setup: NameChangesSetup;
  readonly #setAside: SetAside;

  constructor(setup: NameChangesSetup) {
    this.#setup = setup;
    this.#setAside = new SetAside(setup.tree);
  }

  /** An empty file: regular, or a special one. @param mode with the file type */
  makeFile(request: Request, place: NamePlace, mode: number, rdev: number): void {
    if ((mode & S_IFMT) !== S_IFREG && !this.#setup.metadata.facts.keepsMetadata) throw new ErrnoError(Errno.EPERM);
    const before = this.#setAside.before(place);
    const storage = (before && storageOf(before)) ?? this.#setup.newFiles.in(place.directory);
    this.#make(request, place, mode, rdev, (transaction, time, attributes) => {
      const address = createFileDataset(transaction, time.seconds, storage, attributes);
      if (before !== undefined) takeOverAttributes(transaction, before, address);
      return address;
    });
  }

  /**
   * A new regular file, of which the HDF5 file has nothing before it is stored for the first time.
   * @returns its node, which is to be opened; `undefined`: it has to be made now
   */
  promiseFile(request: Request, place: NamePlace, mode: number): FileNode | undefined {
    const { known, metadata, newFiles, waiting } = this.#setup;
    const { directory } = place;
    const link = bareLinkName(place.name);
    const isFree =
      place.listed === undefined && (known.lacks(directory, link) || directory.group.link(link) === undefined);
    if (!metadata.facts.keepsMetadata || !isFree || this.#setAside.knows(place)) return undefined;
    const { filters, chunkBytes } = newFiles.in(directory);
    if (filters.length > 0 || chunkBytes !== undefined) return undefined;
    const time = now();
    const node = waiting.add(place, link, this.#newMetadata(request, directory, mode, 0, time));
    metadata.namesChanged(directory, time);
    return node;
  }

  /** An empty file that no link leads to. @returns its address */
  makeUnnamed(request: Request, directory: DirectoryNode, mode: number): number {
    const time = now();
    const storage = this.#setup.newFiles.in(directory);
    return this.#setup.live.transaction((transaction) => {
      const metadata = this.#newMetadata(request, directory, mode, 0, time);
      return createFileDataset(transaction, time.seconds, storage, this.#setup.metadata.attributesFor(metadata));
    });
  }

  makeDirectory(request: Request, place: NamePlace, mode: number): void {
    const isInherited = this.#setup.metadata.inheritedGroup(place.directory) !== undefined;
    const type = S_IFDIR | (isInherited ? S_ISGID : 0);
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
    const link = newLink(place).name;
    const { directory } = place;
    const time = now();
    const metadata = this.#newMetadata(request, directory, mode, rdev, time);
    const change = (transaction: FileTransaction): void => {
      makeRoom(transaction, directory, link);
      const address = create(transaction, time, this.#setup.metadata.attributesFor(metadata));
      putLink(transaction, directory.address, hardLink(link, address));
    };
    this.#setup.known.during(directory, link, () => this.#change([directory], time, change));
  }

  makeSymlink(request: Request, place: NamePlace, text: string): void {
    const { tree, metadata: kept } = this.#setup;
    const { directory, name } = place;
    const { keepsMetadata } = kept.facts;
    const time = now();
    const { target, node } = linkTarget(tree, directory, text);
    // Without a record of its own, a soft link to a dataset is called as a view of that.
    const { name: link } = newLink(place, !keepsMetadata && node?.kind === "file" ? node : undefined);
    this.#change([directory], time, (transaction) => {
      makeRoom(transaction, directory, link);
      putLink(transaction, directory.address, softLink(link, target));
      if (!keepsMetadata) return;
      const times = { atime: time, mtime: time, ctime: time };
      const metadata: PosixMetadata = { ...this.#owner(request, directory), mode: undefined, rdev: 0, ...times };
      const ino = hashedInode(`${directory.key}/${name}:${time.seconds}.${time.nanoseconds}`);
      setAttribute(transaction.edit, directory.address, linkRecordAttribute(name, { target, text, ino, metadata }));
    });
    if (keepsMetadata || tree.listed(directory, name) !== undefined) return;
    this.#change([directory], time, (transaction) => takeLink(transaction, directory.address, link));
    throw new ErrnoError(Errno.EPERM, "with posix=off a link to a dataset is called as a view of it, such as NAME.npy");
  }

  /** One more name for a file, or its first. */
  link(node: FileNode, place: NamePlace): void {
    const unnamed = this.#setup.files.ofObject(node.address).filter(({ isUnnamed }) => isUnnamed);
    const { directory } = place;
    const time = now();
    // A file with several names has no link that is called otherwise than it is shown.
    const first = isMadeView(node) ? linkOf(this.#setup.tree, node) : undefined;
    const link = isMadeView(node) ? { ...newLink(place), isBare: true } : newLink(place, node);
    this.#change([directory], time, (transaction) => {
      if (first !== undefined) makeRoom(transaction, first.directory, first.link.name);
      makeRoom(transaction, directory, link.name);
      this.#showAs(transaction, node, undefined, link);
      // A new object counts the link that it is to have.
      if (unnamed.length === 0) changeLinkCount(transaction.edit, node.address, 1);
      putLink(transaction, directory.address, hardLink(link.name, node.address));
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
      !isMadeView(replaced.node) &&
      moving.node.kind === "file" &&
      isBare(moving.node)
    ) {
      this.#renameOverDataset(request, from, moving.node, to, replaced.node);
      return;
    }
    const isSamePlace = from.directory.address === to.directory.address;
    const freed = [replaced, isSamePlace ? moving : undefined].flatMap((each) => each?.link.name ?? []);
    checkRenamed(moving, from, to);
    const link = linkFor(moving.node, to, freed);
    const { name } = link;
    const index = indexOfTable(this.#setup.tree, from, moving);
    const time = now();
    const after = this.#change([from.directory, to.directory], time, (transaction) => {
      const done = replaced === undefined ? () => undefined : this.#remove(transaction, to, replaced, time);
      takeLink(transaction, from.directory.address, moving.link.name);
      makeRoom(transaction, to.directory, name);
      putLink(transaction, to.directory.address, renamed(moving.link, name));
      this.#showAs(transaction, moving.node, moving.link.name, link);
      if (index !== undefined) {
        takeLink(transaction, from.directory.address, index.link.name);
        putLink(transaction, to.directory.address, renamed(index.link, indexGroupName(name)));
      }
      moveRecord(transaction, from, moving.node, to, name, time);
      if (moving.node.kind !== "symlink") this.#setup.metadata.touch(transaction, moving.node, { ctime: time });
      if (whiteout) this.#putWhiteout(transaction, request, from, time);
      return done;
    });
    after();
    this.#moved([{ ...moving, from, to, name }]);
    this.#setAside.renamed(moving.node, from, to);
    if (index !== undefined) {
      const place = { ...to, name: shownName(to.directory.group, indexGroupName(name), "") };
      this.#moved([{ ...index, from, to: place, name: indexGroupName(name) }]);
    }
  }

  /** What an overlay has in the place of a file that it hides. */
  #putWhiteout(transaction: FileTransaction, request: Request, { directory, name }: NamePlace, time: Timestamp): void {
    if (!this.#setup.metadata.facts.keepsMetadata) throw new ErrnoError(Errno.EPERM);
    const metadata = this.#newMetadata(request, directory, S_IFCHR, 0, time);
    const attributes = this.#setup.metadata.attributesFor(metadata);
    const address = createFileDataset(transaction, time.seconds, PLAIN_STORAGE, attributes);
    putLink(transaction, directory.address, hardLink(bareLinkName(name), address));
  }

  /**
   * A file renamed over a dataset is an edit of it, as `sed -i` and most editors make it: the dataset takes the bytes over, where it
   * then reads back as they are. Else both stay: the file under that name, the dataset under its next view.
   */
  #renameOverDataset(request: Request, from: NamePlace, file: FileNode, to: NamePlace, dataset: FileNode): void {
    const { files, moved, metadata } = this.#setup;
    const listed = existing(from);
    const time = now();
    let why: string;
    try {
      // Its other names, and those who have it open, go on with the file as it is.
      if (file.object.linkCount > 1) throw new H5Error("argument", "the file has other names");
      if (files.ofObject(file.address).length > 0) throw new H5Error("argument", "the file is still open");
      const isByRows = files.becomesRows(dataset, file);
      if (!isByRows && files.size(file) > MAX_EDIT) throw new H5Error("limit", `a text of more than ${MAX_EDIT} bytes`);
      const prepared = isByRows ? files.preparedOver(dataset, file, request) : undefined;
      let index: TextIndex | undefined;
      const after = this.#change(
        [from.directory, to.directory],
        time,
        (transaction) => {
          if (isByRows) index = files.replaceText(transaction, dataset, file, prepared);
          else files.replaceView(transaction, dataset, files.bytes(file));
          metadata.touch(transaction, dataset, { mtime: time, ctime: time });
          return this.#remove(transaction, from, listed, time);
        },
        prepared?.chunks,
      );
      files.replaced(dataset, index);
      moved.became(file, dataset);
      after();
      return;
    } catch (error) {
      if (error instanceof Preparing) throw error;
      why = messageOfFailure(error);
      this.#setup.log(`${dataset.path}: what was renamed over it stays a file, beside the dataset: ${why}`);
    }
    const { name } = linkFor(file, to);
    this.#change([from.directory, to.directory], time, (transaction) => {
      takeLink(transaction, from.directory.address, listed.link.name);
      makeRoom(transaction, to.directory, name);
      putLink(transaction, to.directory.address, renamed(listed.link, name));
      metadata.touch(transaction, file, { ctime: time });
    });
    moved.moved([{ before: file, place: to }]);
    files.problems.set(file.address, `it is a file beside the dataset that it was renamed over: ${why}`);
  }

  #exchange(from: NamePlace, first: ListedLink, to: NamePlace, second: ListedLink): void {
    if (isSame(first.node, second.node)) return;
    const isSamePlace = from.directory.address === to.directory.address;
    checkRenamed(first, from, to);
    checkRenamed(second, to, from);
    const firstLink = linkFor(first.node, to, [second.link.name, ...(isSamePlace ? [first.link.name] : [])]);
    const secondLink = linkFor(second.node, from, [first.link.name, ...(isSamePlace ? [second.link.name] : [])]);
    const [firstName, secondName] = [firstLink.name, secondLink.name];
    if (isSamePlace && firstName === secondName) throw new ErrnoError(Errno.EINVAL);
    // Each index would have to take the other's place.
    const { tree } = this.#setup;
    if ((indexOfTable(tree, from, first) ?? indexOfTable(tree, to, second)) !== undefined) {
      throw new ErrnoError(Errno.EINVAL);
    }
    const time = now();
    this.#change([from.directory, to.directory], time, (transaction) => {
      takeLink(transaction, from.directory.address, first.link.name);
      takeLink(transaction, to.directory.address, second.link.name);
      makeRoom(transaction, to.directory, firstName);
      makeRoom(transaction, from.directory, secondName);
      putLink(transaction, to.directory.address, renamed(first.link, firstName));
      putLink(transaction, from.directory.address, renamed(second.link, secondName));
      this.#showAs(transaction, first.node, first.link.name, firstLink);
      this.#showAs(transaction, second.node, second.link.name, secondLink);
      for (const { node } of [first, second]) dropRecord(transaction, node);
      putRecord(transaction, first.node, to, firstName, time);
      putRecord(transaction, second.node, from, secondName, time);
      for (const { node } of [first, second]) {
        if (node.kind !== "symlink") this.#setup.metadata.touch(transaction, node, { ctime: time });
      }
    });
    this.#moved([
      { ...first, from, to, name: firstName },
      { ...second, from: to, to: from, name: secondName },
    ]);
  }

  /** What is known of links that have other names now. */
  #moved(moves: readonly Move[]): void {
    const { tree, moved } = this.#setup;
    for (const { node, from, to } of moves) this.#countMoved(node, from, to);
    tree.renamed(
      moves.map(({ link, from, to, name }) => ({
        from: { parent: from.directory.address, name: link.name },
        to: { parent: to.directory.address, name },
      })),
    );
    moved.moved(moves.map(({ node, to }) => ({ before: node, place: to })));
  }

  /** One transaction; the directories have its time from then on. */
  #change<T>(
    directories: readonly DirectoryNode[],
    time: Timestamp,
    change: (transaction: FileTransaction) => T,
    encoded?: EncodedBefore,
  ): T {
    const { live, metadata } = this.#setup;
    live.settingsChanged();
    const unique = [...new Map(directories.map((each) => [each.address, each])).values()];
    const result = live.transaction((transaction) => {
      const changed = change(transaction);
      // HDF5's own time is all that they have, and some have none.
      if (!metadata.facts.keepsMetadata) {
        for (const directory of unique) metadata.touch(transaction, directory, { mtime: time, ctime: time });
      }
      return changed;
    }, encoded);
    if (metadata.facts.keepsMetadata) for (const directory of unique) metadata.namesChanged(directory, time);
    return result;
  }

  /** A dataset's link has another name, or there is one more, or less: it is kept how it is shown, where that is not by rule. */
  #showAs({ file, edit }: FileTransaction, node: Node, before: string | undefined, after: NewLink | undefined): void {
    if (node.kind !== "file" || isBare(node) || node.view === "attrs.json") return;
    const dataset = file.object(node.address);
    if (dataset.kind !== "dataset") return;
    const kept = shownAs(dataset);
    const bare = new Set(kept?.bare ?? []);
    if (before !== undefined) bare.delete(before);
    if (after?.isBare === true) bare.add(after.name);
    if (kept === undefined && bare.size === 0) return;
    const shown = { isMade: false, view: node.view, ...kept, bare: [...bare] };
    if (shown.isMade || bare.size > 0) setAttribute(edit, node.address, shownAsAttribute(shown));
    else deleteAttribute(edit, node.address, SHOWN_AS_NAME);
  }

  /** Takes a link away, and what has no other. @returns what is to be done when that is published */
  #remove(transaction: FileTransaction, place: NamePlace, { link, node }: ListedLink, time: Timestamp): () => void {
    const { files, metadata, moved } = this.#setup;
    const { directory } = place;
    const attributes = moved.attributes(node);
    if (link.kind !== "hard") {
      takeLink(transaction, directory.address, link.name);
      dropRecord(transaction, node);
      return () => moved.gone(node, attributes);
    }
    const index = indexOfTable(this.#setup.tree, place, { link, node });
    const goneToo = index === undefined ? () => undefined : this.#removeIndex(transaction, directory, index);
    const count = node.kind === "file" ? node.object.linkCount : node.kind === "directory" ? node.group.linkCount : 1;
    if (count > 1) {
      takeLast(transaction, directory.address, link.name);
      this.#showAs(transaction, node, link.name, undefined);
      if (node.kind === "file") metadata.touch(transaction, node, { ctime: time });
      return () => {
        goneToo();
        if (node.kind !== "directory") return;
        // It is a directory at another of its names from now on: another node for the kernel, which takes this one for removed.
        metadata.countDirectory(directory, -1);
        moved.gone(node, attributes);
      };
    }
    const open = node.kind === "file" || node.kind === "directory" ? files.ofObject(node.address) : [];
    if (open.length === 0) takeLast(transaction, directory.address, link.name);
    // It stays until the last is closed.
    else takeLink(transaction, directory.address, link.name);
    return () => {
      goneToo();
      for (const file of open) {
        if (file.node.view !== "attrs.json") file.metadata = { ...metadata.stored(file.node), ctime: time };
        file.isUnlinked = true;
      }
      if (node.kind === "directory") metadata.countDirectory(directory, -1);
      if (node.kind === "directory" || open.length === 0) moved.gone(node, attributes);
    };
  }

  /** With all that is in it, unless somebody has that open. */
  #removeIndex(transaction: FileTransaction, directory: DirectoryNode, { link, node }: ListedLink): () => void {
    const { files, metadata, moved, log } = this.#setup;
    if ([...files.nodes()].some(({ path }) => path.startsWith(`${node.path}/`))) {
      log(`${node.path} is in use, and stays, although its table was removed`);
      return () => undefined;
    }
    const attributes = moved.attributes(node);
    takeLast(transaction, directory.address, link.name);
    return () => {
      metadata.countDirectory(directory, -1);
      moved.goneBelow(node.path);
      moved.gone(node, attributes);
    };
  }

  #countMoved(node: Node, from: NamePlace, to: NamePlace): void {
    if (node.kind !== "directory") return;
    this.#setup.metadata.countDirectory(from.directory, -1);
    this.#setup.metadata.countDirectory(to.directory, 1);
  }

  #newMetadata(request: Request, directory: DirectoryNode, mode: number, rdev: number, time: Timestamp): PosixMetadata {
    const { uid, gid } = this.#owner(request, directory);
    return { uid, gid, mode, rdev, atime: time, mtime: time, ctime: time };
  }

  #owner({ uid, gid }: Request, directory: DirectoryNode): Pick<PosixMetadata, "uid" | "gid"> {
    return { uid, gid: this.#setup.metadata.inheritedGroup(directory) ?? gid };
  }
}
