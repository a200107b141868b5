import { FormatError, H5Error, UnsupportedError } from "../errors.ts";
import { type AttributeInfo, decodeAttributeInfo, encodeAttributeInfo } from "../format/attribute-info.ts";
import { decodeAttributeMessage } from "../format/attribute-message.ts";
import { DenseAttributesEditor } from "../format/dense-attributes-edit.ts";
import type { EditContext } from "../format/edit-context.ts";
import { type HeaderMessage, isShared, MESSAGE, MESSAGE_FLAG } from "../format/header-message.ts";
import { MAX_MESSAGE, type NewMessage, type ObjectHeaderEditor } from "../format/object-header-edit.ts";
import { Reader } from "../format/reader.ts";
import { encodeText } from "../format/text.ts";

/** Of an object whose attributes are messages of its header, in no order. */
const NO_INFO: AttributeInfo = {
  creationOrderTracked: false,
  creationOrderIndexed: false,
  nextCreationOrder: undefined,
  fractalHeapAddress: undefined,
  nameIndexAddress: undefined,
  creationOrderIndexAddress: undefined,
};

/** What a header of version 2 has besides its attributes. */
export function attributeInfoMessage(edit: EditContext, info = NO_INFO): NewMessage {
  const w = edit.writer();
  encodeAttributeInfo(w, info);
  return { type: MESSAGE.attributeInfo, flags: MESSAGE_FLAG.doNotShare, creationIndex: undefined, body: w.bytes };
}

/** Where the order of creation is not tracked, and one more than the last attribute can have. */
const NO_ORDER = 0xffff;

/**
 * The attributes of an object that is being changed, as raw messages (Specification IV.A.2.m): in its header while they are few
 * and small, in a fractal heap when they are many, or one is large and the header's version allows it. Where they go from
 * one to the other is as in libhdf5. The caller writes the header.
 */
export class ObjectAttributes {
  readonly #edit: EditContext;
  readonly #header: ObjectHeaderEditor;
  /** Headers of version 1 have none, and neither have others before their first attribute. */
  #info: AttributeInfo | undefined;
  #dense: DenseAttributesEditor | undefined;

  constructor(edit: EditContext, header: ObjectHeaderEditor) {
    this.#edit = edit;
    this.#header = header;
    const message = this.#infoMessage();
    if (message === undefined) return;
    this.#info = decodeAttributeInfo(new Reader(message.body, 0, "attribute info message", edit));
    const { fractalHeapAddress, nameIndexAddress, creationOrderIndexAddress } = this.#info;
    if (fractalHeapAddress === undefined) return;
    if (nameIndexAddress === undefined) {
      throw new FormatError("attributes are in a fractal heap without an index by name", {
        structure: "attribute info message",
      });
    }
    this.#dense = new DenseAttributesEditor(edit, { fractalHeapAddress, nameIndexAddress, creationOrderIndexAddress });
  }

  /** The raw message of the attribute of that name. */
  find(name: string): Uint8Array | undefined {
    if (this.#dense === undefined) return this.#findCompact(name)?.body;
    return this.#dense.find(encodeText(name))?.message;
  }

  /**
   * Creates an attribute, the last one where the order of creation is tracked, or replaces the one of that name.
   * @param message its raw message
   * @param replaces called before one of that name is replaced
   * @throws UnsupportedError where the header has no room for one so large, and there is no other place
   */
  set(name: string, message: Uint8Array, replaces: () => void): void {
    if (message.length > MAX_MESSAGE && this.#header.version === 1) {
      throw new UnsupportedError(
        `attribute ${JSON.stringify(name)} has ${message.length} bytes, and objects of this file's version have room for ${MAX_MESSAGE}: "h5fs repack --libver" makes a file of a version that has more`,
      );
    }
    const old = this.#dense === undefined ? this.#findCompact(name) : this.#dense.find(encodeText(name));
    if (old === undefined) {
      this.#add(name, message);
      return;
    }
    replaces();
    this.#replace(name, message);
  }

  /** @returns false: there is none of that name */
  remove(name: string): boolean {
    if (this.#dense !== undefined) {
      if (!this.#dense.remove(encodeText(name))) return false;
    } else {
      const found = this.#findCompact(name);
      if (found === undefined) return false;
      this.#header.remove(found);
    }
    this.#afterRemoval();
    return true;
  }

  /** Another name for an attribute, which keeps its place in the order of creation. @param message it, with the new name */
  rename(name: string, newName: string, message: Uint8Array): void {
    if (this.#dense === undefined && message.length > MAX_MESSAGE) this.#makeDense();
    if (this.#dense === undefined) {
      const found = this.#findCompact(name);
      if (found !== undefined) this.#header.replace(found, message);
      return;
    }
    const found = this.#dense.find(encodeText(name));
    if (found === undefined) return;
    this.#dense.remove(encodeText(name));
    this.#dense.insert(encodeText(newName), { ...found, message });
  }

  #replace(name: string, message: Uint8Array): void {
    if (this.#dense === undefined && message.length > MAX_MESSAGE) this.#makeDense();
    if (this.#dense !== undefined) {
      this.#dense.replace(encodeText(name), message);
      return;
    }
    const found = this.#findCompact(name);
    if (found !== undefined) this.#header.replace(found, message);
  }

  #add(name: string, message: Uint8Array): void {
    const header = this.#header;
    if (header.version === 1) {
      header.add({ type: MESSAGE.attribute, flags: 0, creationIndex: undefined, body: message });
      return;
    }
    if (this.#info === undefined) this.#addInfo();
    if (this.#dense === undefined) {
      const count = header.count(MESSAGE.attribute);
      if (count >= header.maxCompactAttributes || message.length > MAX_MESSAGE) this.#makeDense();
    }
    const creationIndex = this.#nextIndex();
    if (this.#dense === undefined) this.#addCompact(message, creationIndex);
    else this.#dense.insert(encodeText(name), { message, flags: 0, creationOrder: creationIndex ?? NO_ORDER });
  }

  /** The place in the order of creation of a new attribute, where that is tracked. */
  #nextIndex(): number | undefined {
    const next = this.#info?.nextCreationOrder;
    if (next === undefined) return undefined;
    if (next === NO_ORDER) {
      throw new H5Error(
        "limit",
        `the object has had ${NO_ORDER} attributes, as many as their order of creation can tell apart`,
      );
    }
    this.#changeInfo({ nextCreationOrder: next + 1 });
    return next;
  }

  #afterRemoval(): void {
    if (this.#info === undefined) return;
    const count = this.#dense?.count ?? this.#header.count(MESSAGE.attribute);
    if (this.#dense !== undefined && (count === 0 || count < this.#header.minDenseAttributes))
      this.#makeCompact(this.#dense);
    const message = this.#infoMessage();
    if (count > 0 || message === undefined) return;
    this.#header.remove(message);
    this.#info = undefined;
  }

  #makeDense(): void {
    if (this.#info === undefined) return;
    const dense = DenseAttributesEditor.create(this.#edit, this.#info.creationOrderIndexed);
    for (const message of this.#header.find(MESSAGE.attribute)) {
      if (isShared(message)) {
        throw new UnsupportedError("attributes in the file's heap of shared object header messages are not written");
      }
      const creationOrder = this.#info.creationOrderTracked ? (message.creationIndex ?? 0) : NO_ORDER;
      dense.insert(encodeText(this.#nameOf(message.body)), { message: message.body, flags: 0, creationOrder });
      this.#header.remove(message);
    }
    this.#dense = dense;
    this.#changeInfo(dense.info);
  }

  /** Where every attribute fits into a header message. */
  #makeCompact(dense: DenseAttributesEditor): void {
    const attributes = [...dense.attributes()];
    if (attributes.some(({ message }) => message.length > MAX_MESSAGE)) return;
    dense.free();
    this.#dense = undefined;
    this.#changeInfo({
      fractalHeapAddress: undefined,
      nameIndexAddress: undefined,
      creationOrderIndexAddress: undefined,
    });
    const isTracked = this.#info?.creationOrderTracked === true;
    for (const { message, creationOrder } of attributes)
      this.#addCompact(message, isTracked ? creationOrder : undefined);
  }

  #addCompact(body: Uint8Array, creationIndex: number | undefined): void {
    this.#header.add({ type: MESSAGE.attribute, flags: 0, creationIndex, body });
  }

  #findCompact(name: string): HeaderMessage | undefined {
    for (const message of this.#header.find(MESSAGE.attribute)) {
      if (this.#nameOf(message.body) === name) return message;
    }
    return undefined;
  }

  #nameOf(message: Uint8Array): string {
    return decodeAttributeMessage(new Reader(message, 0, "attribute message", this.#edit)).name;
  }

  #infoMessage(): HeaderMessage | undefined {
    const message = this.#header.first(MESSAGE.attributeInfo);
    return message;
  }

  /** libhdf5 adds one to a header of version 2 with its first attribute. */
  #addInfo(): void {
    const { tracksAttributeOrder, indexesAttributeOrder } = this.#header;
    this.#info = {
      ...NO_INFO,
      creationOrderTracked: tracksAttributeOrder,
      creationOrderIndexed: indexesAttributeOrder,
      nextCreationOrder: tracksAttributeOrder ? 0 : undefined,
    };
    this.#header.add(attributeInfoMessage(this.#edit, this.#info));
  }

  #changeInfo(changes: Partial<AttributeInfo>): void {
    const message = this.#infoMessage();
    if (this.#info === undefined || message === undefined) return;
    this.#info = { ...this.#info, ...changes };
    const w = this.#edit.writer();
    encodeAttributeInfo(w, this.#info);
    this.#header.replace(message, w.bytes);
  }
}
