import { FormatError, H5Error, UnsupportedError } from "../errors.ts";
import { DenseLinksEditor } from "../format/dense-links-edit.ts";
import type { EditContext } from "../format/edit-context.ts";
import { decodeGroupInfo, encodeGroupInfo, type GroupInfo } from "../format/group-info.ts";
import { type HeaderMessage, MESSAGE, MESSAGE_FLAG } from "../format/header-message.ts";
import { decodeLink, encodeLink, type Link } from "../format/link.ts";
import { decodeLinkInfo, encodeLinkInfo, type LinkInfo } from "../format/link-info.ts";
import { MAX_MESSAGE, type ObjectHeaderEditor } from "../format/object-header-edit.ts";
import { Reader } from "../format/reader.ts";
import { encodeText } from "../format/text.ts";

/** Without a group info message, and without what it leaves out: libhdf5's defaults. */
export const DEFAULT_GROUP_INFO: GroupInfo = {
  maxCompactLinks: 8,
  minDenseLinks: 6,
  estimatedEntries: 4,
  estimatedNameLength: 8,
};

/** Of a group whose order of creation nobody asked for. */
export const DEFAULT_LINK_INFO: LinkInfo = {
  creationOrderTracked: false,
  creationOrderIndexed: false,
  nextCreationOrder: undefined,
  fractalHeapAddress: undefined,
  nameIndexAddress: undefined,
  creationOrderIndexAddress: undefined,
};

/**
 * The links of a group with a link info message (IV.A.2.c) that is being changed: messages of its header while they are few,
 * in a fractal heap when they are many. Where the group turns from one to the other is as in libhdf5. The caller writes the
 * header.
 */
export class GroupLinks {
  readonly #edit: EditContext;
  readonly #header: ObjectHeaderEditor;
  #info: LinkInfo;
  #dense: DenseLinksEditor | undefined;

  /** @throws H5Error "not-a-group" where there is no link info message */
  constructor(edit: EditContext, header: ObjectHeaderEditor) {
    this.#edit = edit;
    this.#header = header;
    const message = this.#infoMessage();
    this.#info = decodeLinkInfo(new Reader(message.body, 0, "link info message", edit));
    const { fractalHeapAddress, nameIndexAddress, creationOrderIndexAddress } = this.#info;
    if (fractalHeapAddress === undefined) return;
    if (nameIndexAddress === undefined) {
      throw new FormatError("links are in a fractal heap without an index by name", { structure: "link info message" });
    }
    this.#dense = new DenseLinksEditor(edit, { fractalHeapAddress, nameIndexAddress, creationOrderIndexAddress });
  }

  /** Gives a group's header the messages that this needs. */
  static addMessages(edit: EditContext, header: ObjectHeaderEditor): void {
    const infoWriter = edit.writer();
    encodeLinkInfo(infoWriter, DEFAULT_LINK_INFO);
    header.add({ type: MESSAGE.linkInfo, flags: 0, creationIndex: undefined, body: infoWriter.bytes });
    const groupWriter = edit.writer();
    encodeGroupInfo(groupWriter, DEFAULT_GROUP_INFO);
    const flags = MESSAGE_FLAG.constant;
    header.add({ type: MESSAGE.groupInfo, flags, creationIndex: undefined, body: groupWriter.bytes });
  }

  find(name: string): Link | undefined {
    if (this.#dense === undefined) return this.#findCompact(name)?.link;
    const message = this.#dense.find(encodeText(name));
    return message === undefined ? undefined : this.#decode(message);
  }

  /** The last one where the order of creation is tracked. @throws H5Error "exists" where the name is taken */
  add(link: Link, taken = nameExists): void {
    const name = encodeText(link.name);
    const isTaken = this.#dense === undefined ? this.#findCompact(link.name) !== undefined : this.#dense.has(name);
    if (isTaken) throw taken(link.name);
    const creationOrder = this.#info.nextCreationOrder;
    const message = this.#encode(creationOrder === link.creationOrder ? link : { ...link, creationOrder });
    if (this.#dense === undefined) {
      const count = this.#header.count(MESSAGE.link);
      if (count >= this.#groupInfo().maxCompactLinks || message.length > MAX_MESSAGE) this.#makeDense();
    }
    if (this.#dense === undefined) this.#addCompact(message);
    else this.#dense.insert({ message, name, creationOrder });
    if (creationOrder !== undefined) this.#writeInfo({ nextCreationOrder: creationOrder + 1 });
  }

  /** @returns the link; `undefined`: there is none of that name */
  remove(name: string): Link | undefined {
    const count = this.#dense === undefined ? this.#removeCompact(name) : this.#removeDense(this.#dense, name);
    // The first link of an empty group has creation order 0 again.
    if (count?.left === 0 && this.#info.creationOrderTracked) this.#writeInfo({ nextCreationOrder: 0 });
    return count?.link;
  }

  #removeCompact(name: string): { readonly link: Link; readonly left: number } | undefined {
    const found = this.#findCompact(name);
    if (found === undefined) return undefined;
    this.#header.remove(found.message);
    return { link: found.link, left: this.#header.count(MESSAGE.link) };
  }

  #removeDense(dense: DenseLinksEditor, name: string): { readonly link: Link; readonly left: number } | undefined {
    const link = this.find(name);
    if (link === undefined) return undefined;
    dense.remove(encodeText(name), link.creationOrder);
    const left = dense.count;
    if (left === 0 || left < this.#groupInfo().minDenseLinks) this.#makeCompact(dense);
    return { link, left };
  }

  #makeDense(): void {
    const pipeline = this.#header.first(MESSAGE.filterPipeline);
    if (pipeline !== undefined) {
      throw new UnsupportedError(
        "the group's links are to be compressed once they are many: such heaps are not written",
      );
    }
    const dense = DenseLinksEditor.create(this.#edit, this.#info.creationOrderIndexed);
    for (const message of this.#header.find(MESSAGE.link)) {
      const link = this.#decode(message.body);
      // Without the padding that version 1 headers have.
      const { name, creationOrder } = link;
      dense.insert({ message: this.#encode(link), name: encodeText(name), creationOrder });
      this.#header.remove(message);
    }
    this.#dense = dense;
    this.#writeInfo(dense.info);
  }

  /** Where every link fits into a header message. */
  #makeCompact(dense: DenseLinksEditor): void {
    const messages = [...dense.messages()];
    if (messages.some(({ length }) => length > MAX_MESSAGE)) return;
    dense.free();
    this.#dense = undefined;
    const { fractalHeapAddress, nameIndexAddress, creationOrderIndexAddress } = DEFAULT_LINK_INFO;
    this.#writeInfo({ fractalHeapAddress, nameIndexAddress, creationOrderIndexAddress });
    for (const message of messages) this.#addCompact(message);
  }

  #addCompact(body: Uint8Array): void {
    this.#header.add({ type: MESSAGE.link, flags: 0, creationIndex: undefined, body });
  }

  #findCompact(name: string): { readonly message: HeaderMessage; readonly link: Link } | undefined {
    for (const message of this.#header.find(MESSAGE.link)) {
      const link = this.#decode(message.body);
      if (link.name === name) return { message, link };
    }
    return undefined;
  }

  #decode(message: Uint8Array): Link {
    return decodeLink(new Reader(message, 0, "link message", this.#edit));
  }

  #encode(link: Link): Uint8Array {
    const w = this.#edit.writer();
    encodeLink(w, link);
    return w.bytes;
  }

  #infoMessage(): HeaderMessage {
    const message = this.#header.first(MESSAGE.linkInfo);
    if (message === undefined) throw new H5Error("not-a-group", "the object is no group");
    return message;
  }

  #writeInfo(changes: Partial<LinkInfo>): void {
    this.#info = { ...this.#info, ...changes };
    const w = this.#edit.writer();
    encodeLinkInfo(w, this.#info);
    this.#header.replace(this.#infoMessage(), w.bytes);
  }

  #groupInfo(): GroupInfo {
    const message = this.#header.first(MESSAGE.groupInfo);
    if (message === undefined) return DEFAULT_GROUP_INFO;
    return decodeGroupInfo(new Reader(message.body, 0, "group info message", this.#edit));
  }
}

export function nameExists(name: string): H5Error {
  return new H5Error("exists", `the group has a link ${JSON.stringify(name)} already`);
}
