import { FormatError } from "../errors.ts";
import { decodeAttributeInfo } from "../format/attribute-info.ts";
import type { FormatContext } from "../format/context.ts";
import { elementCount } from "../format/dataspace.ts";
import { type DenseAttribute, denseAttributes, findDenseAttribute } from "../format/dense-attributes.ts";
import { type HeaderMessage, MESSAGE } from "../format/header-message.ts";
import { decodeModificationTime, decodeModificationTimeOld } from "../format/modification-time.ts";
import { decodeObjectComment } from "../format/object-comment.ts";
import { findMessage, type ObjectHeader } from "../format/object-header.ts";
import { Reader } from "../format/reader.ts";
import { decodeReferenceCount } from "../format/reference-count.ts";
import { encodeText } from "../format/text.ts";
import { Attribute } from "./attribute.ts";
import type { H5File } from "./file.ts";
import { compareNames } from "./link.ts";
import { type HeaderSource, messageReader } from "./message.ts";
import { decodeElement, nestedValues, type Value } from "./value.ts";
import { heapOf } from "./value-heap.ts";

/** What groups, datasets and committed datatypes have in common. */
export abstract class ObjectBase implements HeaderSource {
  abstract readonly kind: "group" | "dataset" | "datatype";
  readonly file: H5File;
  readonly context: FormatContext;
  readonly address: number;
  /** The path by which the object was first opened, or `#` and its address: for messages. */
  readonly path: string;
  readonly header: ObjectHeader;
  #attributes: readonly Attribute[] | undefined;

  /** @param context what belongs to the object is read through it */
  constructor(file: H5File, header: ObjectHeader, path: string, context: FormatContext) {
    this.file = file;
    this.context = context;
    this.header = header;
    this.address = header.address;
    this.path = path;
  }

  /** The header of an object that this one shares a message with. */
  readHeader(address: number): ObjectHeader {
    return this.file.readHeader(address, this.context);
  }

  /** Hard links to the object. */
  get linkCount(): number {
    const message = findMessage(this.header, MESSAGE.referenceCount);
    if (message !== undefined) return decodeReferenceCount(this.reader(message, "reference count"));
    return this.header.referenceCount ?? 1;
  }

  /** Seconds since 1970, UTC; `undefined` where the file does not say. */
  get modificationTime(): number | undefined {
    const message = findMessage(this.header, MESSAGE.modificationTime);
    if (message !== undefined) return decodeModificationTime(this.reader(message, "modification time"));
    const old = findMessage(this.header, MESSAGE.modificationTimeOld);
    if (old !== undefined) return decodeModificationTimeOld(this.reader(old, "modification time"));
    return this.header.times?.modification;
  }

  get comment(): string | undefined {
    const message = findMessage(this.header, MESSAGE.objectComment);
    return message === undefined ? undefined : decodeObjectComment(this.reader(message, "object comment"));
  }

  /** All attributes, in byte order of their names. */
  attributes(): readonly Attribute[] {
    this.#attributes ??= [...this.#read("storage")].sort((a, b) => compareNames(a.name, b.name));
    return this.#attributes;
  }

  /** An attribute of which that is true, if there is one: any of them, found without reading all where there are very many. */
  anyAttribute(isMeant: (attribute: Attribute) => boolean): Attribute | undefined {
    for (const attribute of this.#attributes ?? this.#read("index")) {
      if (isMeant(attribute)) return attribute;
    }
    return undefined;
  }

  *#read(order: "storage" | "index"): Generator<Attribute, void, undefined> {
    const dense = this.#denseInfo();
    if (dense !== undefined) {
      for (const found of denseAttributes(this.context, dense, order)) {
        yield this.#denseAttribute(found, dense.fractalHeapAddress);
      }
      return;
    }
    for (const message of this.header.messages) {
      if (message.type === MESSAGE.attribute) {
        yield new Attribute(this, this.reader(message, "attribute"), message.creationIndex);
      }
    }
  }

  /** The attribute of that name: where an object has very many, without reading the others. */
  attribute(name: string): Attribute | undefined {
    if (this.#attributes === undefined) {
      const dense = this.#denseInfo();
      if (dense !== undefined) {
        const found = findDenseAttribute(this.context, dense, encodeText(name));
        return found === undefined ? undefined : this.#denseAttribute(found, dense.fractalHeapAddress);
      }
    }
    return this.attributes().find((attribute) => attribute.name === name);
  }

  /**
   * The value of an attribute: one, or lists nested by its dimensions; `undefined`: there is none of that name; `null` also where it
   * has no data (H5S_NULL).
   */
  attributeValue(name: string): Value | undefined {
    const attribute = this.attribute(name);
    if (attribute === undefined) return undefined;
    const { datatype, dataspace } = attribute;
    if (dataspace.kind === "null") return null;
    const [bytes, heap] = [attribute.bytes(), heapOf(this.file)];
    const values = Array.from({ length: elementCount(dataspace) }, (_, i) =>
      decodeElement(datatype, bytes, i * datatype.size, heap),
    );
    return nestedValues(values, dataspace.dims);
  }

  #denseAttribute({ message, creationOrder }: DenseAttribute, heapAddress: number): Attribute {
    return new Attribute(this, new Reader(message, heapAddress, "attribute message", this.context), creationOrder);
  }

  #denseInfo() {
    const message = findMessage(this.header, MESSAGE.attributeInfo);
    if (message === undefined) return undefined;
    const info = decodeAttributeInfo(this.reader(message, "attribute info"));
    const { fractalHeapAddress, nameIndexAddress, creationOrderIndexAddress } = info;
    if (fractalHeapAddress === undefined) return undefined;
    if (nameIndexAddress === undefined) {
      throw new FormatError("attributes are in a fractal heap without an index by name", {
        structure: "attribute info message",
        address: message.address,
      });
    }
    return { fractalHeapAddress, nameIndexAddress, creationOrderIndexAddress };
  }

  /** A reader over one of the object's messages, shared or its own. */
  protected reader(message: HeaderMessage, name: string): Reader {
    return messageReader(this, message, name);
  }

  /** A message that the object must have. */
  protected required(type: number, name: string): HeaderMessage {
    const message = findMessage(this.header, type);
    if (message === undefined) {
      throw new FormatError(`has no ${name} message`, {
        structure: "object header",
        address: this.address,
        path: this.path,
      });
    }
    return message;
  }
}
