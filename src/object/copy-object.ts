import { UnsupportedError } from "../errors.ts";
import type { Datatype } from "../format/datatype.ts";
import { isKnownMessageType } from "../format/header-message.ts";
import type { Link } from "../format/link.ts";
import type { Attribute } from "./attribute.ts";
import { setAttribute } from "./attribute-edit.ts";
import { createGroupLike, datatypeFor, traitsOfObject } from "./copied-traits.ts";
import { DatasetCopier } from "./copy-dataset.ts";
import { ElementCopier, hasAddresses } from "./copy-elements.ts";
import { Dataset } from "./dataset.ts";
import type { H5File, H5Object } from "./file.ts";
import { childPath, Group } from "./group.ts";
import { FileHeapWriter } from "./heap-writer.ts";
import { addLink, changeLinkCount } from "./link-edit.ts";
import { datatypeMessage } from "./new-dataset.ts";
import { createHeader } from "./new-object.ts";
import type { FileTransaction } from "./writable-file.ts";

export interface CopyOptions {
  /** Called for every object as it is copied, and with bytes of its data: for a progress line. */
  readonly progress?: ((path: string, bytes: number) => void) | undefined;
}

/** What a copy could not keep. */
export interface CopyReport {
  /** References that led to objects outside of what was copied, in another file: they are null in the copy. */
  readonly lostReferences: number;
}

/** Part of a copy that needs to know where every object of it is. */
type Deferred = () => void;

/**
 * Deep copies of objects into a file, which may be the source itself: groups with all that is in them, datasets with their
 * chunks as they are stored, attributes. What has several links within a copy is copied once, and has them there, too.
 * References lead to the copies of their objects; those to what is not copied lead to the same object within one file, and are
 * null in another.
 */
export class ObjectCopier {
  readonly #source: H5File;
  readonly #target: FileTransaction;
  readonly #options: CopyOptions;
  readonly #isSameFile: boolean;
  /** Where objects of the source are in the target. */
  readonly #copies = new Map<number, number>();
  /** Links and uses that copies have got. */
  readonly #uses = new Map<number, number>();
  readonly #pending: (readonly [object: Group, path: string])[] = [];
  #deferred: Deferred[] = [];
  #elements: ElementCopier | undefined;
  #lostReferences = 0;

  constructor(source: H5File, target: FileTransaction, isSameFile: boolean, options: CopyOptions = {}) {
    this.#source = source;
    this.#target = target;
    this.#isSameFile = isSameFile;
    this.#options = options;
  }

  /** @returns where the copy is; it has no link yet @throws H5Error where something cannot be copied: then nothing may be kept */
  copy(object: H5Object): number {
    const address = this.#create(object, object.path);
    // The link that it is going to get.
    this.#use(address);
    this.#finish();
    return address;
  }

  /** The same of one object, in which references to the object itself go on to lead there. */
  copyAlone(object: H5Object): number {
    const address = this.#create(object, object.path);
    this.#copies.delete(object.address);
    this.#use(address);
    this.#finish();
    return address;
  }

  /** Copies what is in a group, and its attributes, into one that is there. */
  copyInto(group: Group, target: number): void {
    this.#copies.set(group.address, target);
    this.#uses.set(target, 1);
    this.#deferAttributes(group, target);
    this.#pending.push([group, group.path]);
    this.#finish();
  }

  get report(): CopyReport {
    return { lostReferences: this.#lostReferences };
  }

  #finish(): void {
    for (let next = this.#pending.pop(); next !== undefined; next = this.#pending.pop()) this.#copyLinks(...next);
    const deferred = this.#deferred;
    this.#deferred = [];
    for (const part of deferred) part();
    // A header begins with one link.
    for (const [address, uses] of this.#uses) {
      for (let i = 1; i < uses; i++) changeLinkCount(this.#target.edit, address, 1);
    }
    this.#uses.clear();
  }

  #copyLinks(group: Group, path: string): void {
    const target = this.#copies.get(group.address);
    if (target === undefined) throw new TypeError("a group has its copy before its links");
    for (const link of inOrder(group.links())) {
      const copied: Link =
        link.kind === "hard" ? { ...link, address: this.#linked(link.address, childPath(path, link.name)) } : link;
      addLink(this.#target.edit, target, copied);
    }
  }

  #linked(address: number, path: string): number {
    const copy = this.#copies.get(address) ?? this.#create(this.#source.object(address, path), path);
    this.#use(copy);
    return copy;
  }

  #use(copy: number): void {
    this.#uses.set(copy, (this.#uses.get(copy) ?? 0) + 1);
  }

  #create(object: H5Object, path: string): number {
    this.#options.progress?.(path, 0);
    const address = this.#createObject(object);
    this.#copies.set(object.address, address);
    this.#deferAttributes(object, address);
    if (object instanceof Group) this.#pending.push([object, path]);
    return address;
  }

  #createObject(object: H5Object): number {
    checkMessages(object);
    const { edit } = this.#target;
    if (object instanceof Group) return createGroupLike(edit, object);
    if (!(object instanceof Dataset)) {
      const datatype = datatypeFor(edit, object.datatype);
      return createHeader(edit, [datatypeMessage(edit, datatype)], traitsOfObject(edit, object));
    }
    const copier = new DatasetCopier({
      target: this.#target,
      datatypeOf: (type) => this.#datatype(type),
      elements: () => this.#elementCopier(),
      progress: (bytes) => this.#options.progress?.(object.path, bytes),
    });
    const { address, rest } = copier.create(object);
    if (rest !== undefined) this.#deferred.push(rest);
    return address;
  }

  /** A type as the target is to have it: a committed one is the copy of that, or within one file the same. */
  #datatype(type: Datatype): Datatype {
    const { committedAt } = type;
    if (committedAt === undefined) return datatypeFor(this.#target.edit, type);
    if (this.#isSameFile && !this.#copies.has(committedAt)) {
      changeLinkCount(this.#target.edit, committedAt, 1);
      return type;
    }
    return { ...type, committedAt: this.#linked(committedAt, `#0x${committedAt.toString(16)}`) };
  }

  #deferAttributes(object: H5Object, address: number): void {
    const attributes = object.attributes();
    if (attributes.length === 0) return;
    this.#deferred.push(() => {
      for (const attribute of inOrder(attributes)) this.#copyAttribute(attribute, address);
    });
  }

  #copyAttribute(attribute: Attribute, address: number): void {
    const { name, charset, dataspace } = attribute;
    const datatype = this.#datatype(attribute.datatype);
    const bytes = attribute.bytes();
    const data = hasAddresses(datatype) ? this.#elementCopier().copy(attribute.datatype, bytes) : bytes;
    setAttribute(this.#target.edit, address, { name, charset, datatype, dataspace, data });
  }

  #elementCopier(): ElementCopier {
    this.#elements ??= new ElementCopier(this.#source, new FileHeapWriter(this.#target), (address) =>
      this.#addressOf(address),
    );
    return this.#elements;
  }

  #addressOf(address: number): number | undefined {
    const copy = this.#copies.get(address);
    if (copy !== undefined) return copy;
    if (this.#isSameFile) return address;
    this.#lostReferences++;
    return undefined;
  }
}

/** In the order of creation, where the file keeps it. */
function inOrder<T extends Link | Attribute>(all: Iterable<T>): T[] {
  return [...all].sort((a, b) => (a.creationOrder ?? 0) - (b.creationOrder ?? 0));
}

/** @throws UnsupportedError where a message would be left behind of which nobody knows what it means */
function checkMessages({ header, path }: H5Object): void {
  const unknown = header.messages.find(({ type }) => !isKnownMessageType(type));
  if (unknown === undefined) return;
  throw new UnsupportedError(
    `${path}: has a header message of unknown type 0x${unknown.type.toString(16)}, which is not copied`,
    { path },
  );
}
