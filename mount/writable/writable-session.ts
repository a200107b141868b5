import { decodeText, encodeText } from "../../src/format/text.ts";
import { USER } from "../../src/tree/extended-attributes.ts";
import { NAME_MAX } from "../../src/tree/file-name.ts";
import type { DirectoryNode, FileNode, Node } from "../../src/tree/node.ts";
import type { Tree } from "../../src/tree/tree.ts";
import { Errno, ErrnoError, errnoOf, plainError } from "../errno.ts";
import {
  type AttributeChange,
  type Attributes,
  type AttributesReply,
  type Changes,
  type Created,
  type DirectoryEntry,
  type Entry,
  type FilePlace,
  type FilesystemStatistics,
  type OpenReply,
  PARKED,
  type Parked,
  type RenameFlags,
  type Request,
  type WriteFlags,
} from "../filesystem.ts";
import type { ImportDone, Rendered } from "../job.ts";
import type { MountSession } from "../mount-session.ts";
import { S_IFMT, S_IFREG } from "../node-attributes.ts";
import type { NodeTable } from "../node-table.ts";
import { type ParkedReplier, PROBLEM_ATTRIBUTE, PROGRESS_ATTRIBUTE } from "../session.ts";
import type { AttributeChanges } from "./attribute-changes.ts";
import { now } from "./clock.ts";
import { Directories } from "./directories.ts";
import { FileIo, type FileIoSetup } from "./file-io.ts";
import type { IdleWork } from "./idle-work.ts";
import type { KnownNames } from "./known-names.ts";
import { dependsOnAll } from "./live-states.ts";
import type { NameChanges } from "./name-changes.ts";
import { followsOthers, isBare, type NamePlace, namePlace } from "./names.ts";
import type { NewFiles } from "./new-files.ts";

/** For what only changes through this mount, and by that name: a day, in seconds. */
const LONG = 86_400;

export interface WritableSessionSetup extends FileIoSetup {
  readonly tree: Tree;
  readonly names: NameChanges;
  readonly waiting: NewFiles;
  readonly known: KnownNames;
  readonly replier: Pick<ParkedReplier, "errno">;
  readonly attributes: AttributeChanges;
  readonly idle: IdleWork;
}

/** The file system of a mount that can be written. */
export class WritableSession implements MountSession, Changes {
  readonly changes = this;
  readonly #setup: WritableSessionSetup;
  readonly #nodes: NodeTable;
  readonly #directories: Directories;
  readonly #io: FileIo;

  constructor(setup: WritableSessionSetup) {
    this.#setup = setup;
    this.#nodes = setup.reading.nodes;
    this.#directories = new Directories(setup.tree);
    this.#io = new FileIo(setup);
  }

  lookup(_request: Request, parent: number, name: Uint8Array): Entry {
    if (name.length > NAME_MAX) throw new ErrnoError(Errno.ENAMETOOLONG);
    const directory = this.#directory(parent);
    const text = decodeText(name);
    const { importer, known, tree, waiting } = this.#setup;
    // There, files that have a name have others.
    if (directory.isHidden) waiting.settle();
    const waits = waiting.at(directory, text);
    let node = waits ?? (known.lacks(directory, text) ? undefined : tree.lookup(directory, text));
    // What is listed is a file, until it is a dataset.
    if (node === undefined && directory.isHidden && importer.hasten(directory.address, text)) {
      node = tree.lookup(directory, text);
    }
    if (node === undefined) throw plainError(Errno.ENOENT);
    return this.#entryIn(directory, node);
  }

  forget(nodeid: number, lookups: number): void {
    this.#setup.reading.forget(nodeid, lookups);
    if (this.#nodes.get(nodeid) === undefined) this.#setup.moved.removed.delete(nodeid);
  }

  getattr(request: Request, nodeid: number): AttributesReply | Parked {
    const removed = this.#setup.moved.removed.get(nodeid);
    if (removed !== undefined) return { attributes: removed, valid: LONG };
    const node = this.#node(nodeid);
    const attributes = this.#attributes(node);
    if (attributes === undefined) return this.#setup.reading.getattr(request, nodeid);
    return { attributes, valid: this.#validity(node) };
  }

  readlink(request: Request, nodeid: number): Uint8Array {
    return this.#setup.reading.readlink(request, nodeid);
  }

  access(): void {
    // The kernel checks permissions itself.
  }

  open(request: Request, nodeid: number, flags: number): OpenReply | Parked {
    return this.#io.open(request, nodeid, this.#node(nodeid), flags);
  }

  read(request: Request, nodeid: number, handle: number, offset: number, target: Uint8Array): number | Parked {
    return this.#io.read(request, nodeid, handle, offset, target);
  }

  write(
    request: Request,
    _nodeid: number,
    handle: number,
    offset: number,
    data: Uint8Array,
    flags: WriteFlags,
  ): (() => void) | undefined {
    return this.#io.write(request, handle, offset, data, flags);
  }

  settle(): void {
    this.#setup.files.streamed.settle();
  }

  lseek(request: Request, nodeid: number, handle: number, offset: number, whence: number): number {
    return this.#io.lseek(request, nodeid, handle, offset, whence);
  }

  copyFileRange(request: Request, from: FilePlace, to: FilePlace, length: number): number {
    return this.#io.copyFileRange(request, from, to, length);
  }

  fallocate(request: Request, _nodeid: number, handle: number, offset: number, length: number, mode: number): void {
    this.#io.fallocate(request, handle, offset, length, mode);
  }

  flush(request: Request, _nodeid: number, handle: number): void {
    this.#io.flush(request, handle);
  }

  fsync(request: Request, _nodeid: number, handle: number): Parked | undefined {
    this.#io.sync(request, handle);
    return this.#sync(request);
  }

  /** Whatever was asked for, all that is published is synced. */
  #sync({ unique }: Request): Parked | undefined {
    const { live, replier, metadata, waiting } = this.#setup;
    waiting.settle();
    metadata.store(live);
    if (live.isSynced) return undefined;
    let outcome: { readonly error: unknown } | undefined;
    let isParked = false;
    live.sync((error) => {
      if (isParked) replier.errno(unique, error === undefined ? 0 : (errnoOf(error) ?? Errno.EIO));
      else outcome = { error };
    });
    if (outcome?.error !== undefined) throw outcome.error;
    isParked = outcome === undefined;
    return isParked ? PARKED : undefined;
  }

  get areHeld(): boolean {
    return this.#setup.live.isHeld;
  }

  isChanged(handle: number): boolean {
    return this.#io.isChanged(handle);
  }

  hasRoom(handle: number, length: number): boolean {
    return this.#setup.files.hasRoom((handle - 1) / 2, length);
  }

  proceed(): void {
    this.settle();
    this.#setup.live.proceed();
  }

  release(request: Request, nodeid: number, handle: number): void {
    this.#io.release(request, nodeid, handle);
  }

  opendir(_request: Request, nodeid: number): OpenReply {
    this.#setup.waiting.settle();
    return { handle: this.#directories.open(this.#directory(nodeid)), flags: 0 };
  }

  *readdir(_request: Request, nodeid: number, handle: number, offset: number): Iterable<DirectoryEntry> {
    const directory = this.#directory(nodeid);
    this.#setup.waiting.settle();
    for (const { name, node, next } of this.#directories.after(handle, offset)) {
      const isPlain = next <= 2;
      yield {
        name: encodeText(name),
        ino: node.ino,
        type: this.#setup.metadata.entryType(node),
        offset: next,
        lookup: () => (isPlain || this.#attributes(node) === undefined ? undefined : this.#entryIn(directory, node)),
      };
    }
  }

  releasedir(_request: Request, _nodeid: number, handle: number): void {
    this.#directories.release(handle);
  }

  fsyncdir(request: Request): Parked | undefined {
    return this.#sync(request);
  }

  getxattr(request: Request, nodeid: number, name: Uint8Array): Uint8Array {
    if (this.#setup.moved.removed.has(nodeid)) throw new ErrnoError(Errno.ENODATA);
    const { attributes, files, importer, reading } = this.#setup;
    // As of each file that has another owner now is asked what security.capability is.
    if (!isOwnNamespace(name)) throw plainError(Errno.EOPNOTSUPP);
    this.#setup.waiting.settle();
    const [node, text] = [this.#node(nodeid), decodeText(name)];
    const refused = node.kind === "file" && text === PROBLEM_ATTRIBUTE ? files.problems.get(node.address) : undefined;
    const problem = refused ?? attributes.problem(node, text);
    const fact = problem ?? (text === PROGRESS_ATTRIBUTE ? importer.progress(node) : undefined);
    if (fact !== undefined) return encodeText(fact);
    const value = reading.getxattr(request, nodeid, name);
    attributes.read(node, text, value);
    return value;
  }

  listxattr(request: Request, nodeid: number): readonly Uint8Array[] {
    this.#setup.waiting.settle();
    return this.#setup.moved.removed.has(nodeid) ? [] : this.#setup.reading.listxattr(request, nodeid);
  }

  setxattr(_request: Request, nodeid: number, name: Uint8Array, value: Uint8Array, flags: number): void {
    this.#setup.waiting.settle();
    this.#setup.attributes.set(this.#changeable(nodeid), decodeText(name), value, flags);
  }

  removexattr(_request: Request, nodeid: number, name: Uint8Array): void {
    this.#setup.waiting.settle();
    this.#setup.attributes.remove(this.#changeable(nodeid), decodeText(name));
  }

  statfs(): FilesystemStatistics {
    return this.#setup.statistics();
  }

  interrupt(unique: number): void {
    this.#setup.reading.interrupt(unique);
  }

  setattr(request: Request, nodeid: number, change: AttributeChange): AttributesReply | undefined {
    const { live, metadata, files } = this.#setup;
    const named = this.#node(nodeid);
    if (named.kind === "file" && named.view === "attrs.json" && named.file === live.file) {
      return this.#setattrOfAttributes(named, change);
    }
    const node = this.#changeable(nodeid);
    if (node.kind === "broken") throw node.error;
    const open = node.kind === "file" ? files.get(node) : undefined;
    const changed = metadata.changed(request, node, change, now());
    if (change.size !== undefined) this.#io.resize(node, open, change.size);
    if (open !== undefined) {
      open.metadata = changed;
      // What belongs to data, or to a file, that are not stored yet goes with them.
      if (!open.hasNewBytes && !open.isNew) files.publish(open);
    } else {
      live.transaction((transaction) => metadata.touch(transaction, node, changed));
    }
    const current = this.#node(nodeid);
    const attributes = this.#attributes(current);
    return attributes && { attributes, valid: this.#validity(current) };
  }

  /** Whose attributes these are has all but the size. */
  #setattrOfAttributes(node: FileNode, { size, mode, uid, gid }: AttributeChange): AttributesReply {
    const isOnlySize = mode === undefined && uid === undefined && gid === undefined;
    if (!isOnlySize || size === undefined) throw new ErrnoError(Errno.EPERM);
    this.#io.resize(node, this.#setup.files.get(node), size);
    return { attributes: this.#setup.metadata.of(node, this.#size(node)), valid: 0 };
  }

  mknod(request: Request, parent: number, name: Uint8Array, mode: number, rdev: number): Entry {
    const place = this.#place(parent, name);
    this.#setup.names.makeFile(request, place, (mode & S_IFMT) === 0 ? mode | S_IFREG : mode, rdev);
    return this.#found(place);
  }

  create(request: Request, parent: number, name: Uint8Array, mode: number, flags: number): Created {
    const place = this.#place(parent, name);
    const regular = (mode & ~S_IFMT) | S_IFREG;
    const promised = this.#setup.names.promiseFile(request, place, regular);
    if (promised !== undefined) {
      const open = this.#io.created(promised, flags);
      return { entry: this.#entry(promised), open };
    }
    this.#setup.names.makeFile(request, place, regular, 0);
    const entry = this.#found(place);
    const node = this.#node(entry.nodeid);
    if (node.kind !== "file") throw new TypeError("a new file is no file");
    return { entry, open: this.#io.created(node, flags) };
  }

  tmpfile(request: Request, parent: number, mode: number, flags: number): Created {
    const directory = this.#changeableDirectory(parent);
    const address = this.#setup.names.makeUnnamed(request, directory, (mode & ~S_IFMT) | S_IFREG);
    const node = this.#setup.tree.unnamed(directory, address);
    const open = this.#io.created(node, flags);
    const file = this.#setup.files.get(node);
    if (file === undefined) throw new TypeError("a new file is not open");
    file.isUnlinked = true;
    file.isUnnamed = true;
    return { entry: this.#entry(node), open };
  }

  mkdir(request: Request, parent: number, name: Uint8Array, mode: number): Entry {
    const place = this.#place(parent, name);
    this.#setup.names.makeDirectory(request, place, mode);
    return this.#found(place);
  }

  symlink(request: Request, parent: number, name: Uint8Array, target: Uint8Array): Entry {
    const place = this.#place(parent, name);
    this.#setup.names.makeSymlink(request, place, decodeText(target));
    return this.#found(place);
  }

  link(_request: Request, nodeid: number, parent: number, name: Uint8Array): Entry {
    const place = this.#place(parent, name);
    const node = this.#changeable(nodeid);
    if (node.kind !== "file") throw new ErrnoError(Errno.EPERM);
    const open = this.#setup.files.get(node);
    // As linkat(2) says of a file whose last name is gone.
    if (open?.isUnlinked === true && !open.isUnnamed) throw new ErrnoError(Errno.ENOENT);
    this.#setup.names.link(node, place);
    return this.#found(place);
  }

  unlink(_request: Request, parent: number, name: Uint8Array): void {
    this.#setup.names.unlink(this.#place(parent, name));
  }

  rmdir(_request: Request, parent: number, name: Uint8Array): void {
    this.#setup.names.removeDirectory(this.#place(parent, name));
  }

  rename(
    request: Request,
    parent: number,
    name: Uint8Array,
    newParent: number,
    newName: Uint8Array,
    flags: RenameFlags,
  ): void {
    this.#setup.names.rename(request, this.#place(parent, name), this.#place(newParent, newName), flags);
    this.#setup.importer.renamed(this.#place(newParent, newName).listed?.node);
  }

  /** Milliseconds until `idle` is to be called; -1: there is nothing to be done. */
  get due(): number {
    return this.#setup.idle.due;
  }

  idle(): void {
    this.settle();
    this.#setup.idle.work();
  }

  rendered(result: Rendered): void {
    this.settle();
    this.#setup.reading.rendered(result);
  }

  imported(result: ImportDone): void {
    this.settle();
    this.#setup.importer.arrived(result);
  }

  destroy(): void {
    this.settle();
    this.#io.closeAll();
    this.#setup.idle.finish();
  }

  #node(nodeid: number): Node {
    const node = this.#nodes.get(nodeid);
    if (node === undefined || this.#setup.moved.removed.has(nodeid)) throw new ErrnoError(Errno.ESTALE);
    if (node.kind !== "symlink") return node;
    return this.#setup.tree.current(node);
  }

  /** A node of the mounted file itself. */
  #changeable(nodeid: number): Node {
    const node = this.#node(nodeid);
    const file = node.kind === "symlink" ? node.parent.file : node.kind === "broken" ? undefined : node.file;
    if (file !== this.#setup.live.file) throw new ErrnoError(Errno.EROFS);
    if (node.kind === "file" && (node.part !== undefined || node.view === "attrs.json")) {
      throw new ErrnoError(Errno.EROFS);
    }
    return node;
  }

  #directory(nodeid: number): DirectoryNode {
    if (this.#setup.moved.removed.has(nodeid)) throw new ErrnoError(Errno.ENOENT);
    const node = this.#node(nodeid);
    if (node.kind !== "directory") throw new ErrnoError(Errno.ENOTDIR);
    return node;
  }

  /** A place where names can be changed. */
  #place(parent: number, name: Uint8Array): NamePlace {
    const directory = this.#changeableDirectory(parent);
    const { waiting, known, tree } = this.#setup;
    waiting.settle();
    const text = decodeText(name);
    // It could not be made.
    if (waiting.at(directory, text) !== undefined) throw new ErrnoError(Errno.EIO);
    if (name.length > NAME_MAX || !known.lacks(directory, text)) return namePlace(tree, directory, name);
    return { directory, name: text, listed: undefined };
  }

  #changeableDirectory(nodeid: number): DirectoryNode {
    const directory = this.#directory(nodeid);
    if (directory.file !== this.#setup.live.file) throw new ErrnoError(Errno.EROFS);
    // Every name there is one that an object has somewhere else.
    if (directory.isHidden) throw new ErrnoError(Errno.EPERM);
    return directory;
  }

  /** What has just been made there. */
  #found({ directory, name }: NamePlace): Entry {
    const node = this.#setup.tree.lookup(directory, name);
    if (node === undefined) throw new TypeError(`${name} was made and is not there`);
    return this.#entry(node);
  }

  #entryIn(directory: DirectoryNode, node: Node): Entry {
    const entry = this.#entry(node);
    // What is not listed changes with the names that are.
    return directory.isHidden ? { ...entry, entryValid: 0 } : entry;
  }

  #entry(node: Node): Entry {
    const nodeid = this.#nodes.lookup(node);
    const current = this.#nodes.get(nodeid) ?? node;
    const attributes = this.#attributes(current);
    return {
      nodeid,
      generation: 0,
      entryValid: followsOthers(current) ? 0 : LONG,
      attributesValid: attributes === undefined ? 0 : this.#validity(current),
      attributes: attributes ?? this.#setup.metadata.of(current, this.#nodes.toldSize(nodeid)),
    };
  }

  #validity(node: Node): number {
    if (node.kind === "directory") return node.isHidden ? 0 : LONG;
    if (node.kind !== "file") return LONG;
    // What is written may have another size when it is stored, and takes other space.
    const open = this.#setup.files.get(node);
    if (dependsOnAll(node) || open?.hasOwnBytes === true || open?.isTail === true) return 0;
    return this.#setup.notices.areHeard || (isBare(node) && !this.#setup.importer.mayTurn(node)) ? LONG : 0;
  }

  /** `undefined`: the size is not known. */
  #attributes(node: Node): Attributes | undefined {
    const size = this.#size(node);
    if (size === undefined) return undefined;
    if (node.kind === "file") this.#nodes.tellSize(node, size);
    return this.#setup.metadata.of(node, size);
  }

  #size(node: Node): number | undefined {
    if (node.kind !== "file") return 0;
    const { files, reading } = this.#setup;
    const open = files.get(node);
    if (open?.isTail !== true) return open?.size ?? reading.size(node);
    const stored = reading.size(node);
    return stored && stored + open.pending;
  }
}

/** Attributes of other namespaces than "user." there are none. */
function isOwnNamespace(name: Uint8Array): boolean {
  return Buffer.from(name.buffer, name.byteOffset, Math.min(name.length, USER.length)).toString("latin1") === USER;
}
