import { H5Error } from "../errors.ts";
import { decodeAttributeMessage, encodeAttributeMessage } from "../format/attribute-message.ts";
import { type Dataspace, elementCount, encodeDataspace } from "../format/dataspace.ts";
import type { CharacterSet, Datatype } from "../format/datatype.ts";
import { encodeDatatype, leastDatatypeVersion } from "../format/datatype-encoding.ts";
import type { EditContext } from "../format/edit-context.ts";
import { type HeaderMessage, MESSAGE } from "../format/header-message.ts";
import { ObjectHeaderEditor } from "../format/object-header-edit.ts";
import { Reader } from "../format/reader.ts";
import { encodeSharedMessage } from "../format/shared-message.ts";
import { charsetOf } from "../format/text.ts";
import { attributeInfoMessage, ObjectAttributes } from "./object-attributes.ts";

/** An attribute as it is to be. */
export interface NewAttribute {
  readonly name: string;
  /** Of the name. */
  readonly charset: CharacterSet;
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  /** The elements in C order, as they are stored. */
  readonly data: Uint8Array;
}

/**
 * Creates an attribute, or replaces the one of that name.
 * @param address the object's header
 * @param replaces called before one of that name is replaced
 * @throws UnsupportedError where it is larger than the file's version has room for
 */
export function setAttribute(
  edit: EditContext,
  address: number,
  attribute: NewAttribute,
  replaces = (): void => undefined,
): void {
  const header = new ObjectHeaderEditor(edit, address);
  const expected = elementCount(attribute.dataspace) * attribute.datatype.size;
  if (attribute.data.length !== expected) {
    throw new TypeError(`${attribute.data.length} bytes for an attribute of ${expected}`);
  }
  const attributes = new ObjectAttributes(edit, header);
  attributes.set(attribute.name, encodeAttribute(edit, header.version, attribute), replaces);
  header.write();
}

/** @throws H5Error "argument" where it cannot be the name of an attribute: none could open it, or a NUL would end it */
export function checkAttributeName(name: string): void {
  if (typeof name === "string" && name !== "" && !name.includes("\0")) return;
  throw new H5Error("argument", `${JSON.stringify(name)} cannot be the name of an attribute`);
}

/** The messages of a new object's header that has these attributes, at most 8 small ones, from the start: it is written once. */
export function attributeMessages(edit: EditContext, attributes: readonly NewAttribute[]): HeaderMessage[] {
  const version = edit.generation === "old" ? 1 : 2;
  const messages = attributes.map((attribute) => {
    const body = encodeAttribute(edit, version, attribute);
    return { type: MESSAGE.attribute, flags: 0, creationIndex: undefined, address: 0, body };
  });
  return version === 1 ? messages : [{ ...attributeInfoMessage(edit), address: 0 }, ...messages];
}

/** False: there is no attribute of that name. @param address the object's header */
export function deleteAttribute(edit: EditContext, address: number, name: string): boolean {
  const header = new ObjectHeaderEditor(edit, address);
  if (!new ObjectAttributes(edit, header).remove(name)) return false;
  header.write();
  return true;
}

/**
 * Gives an attribute another name; it keeps its place in the order of creation.
 * @param address the object's header
 * @returns false: there is none of the old name
 * @throws H5Error "exists" where the new name is taken, "argument" where it is none
 */
export function renameAttribute(edit: EditContext, address: number, name: string, newName: string): boolean {
  checkAttributeName(newName);
  const header = new ObjectHeaderEditor(edit, address);
  const attributes = new ObjectAttributes(edit, header);
  const found = attributes.find(name);
  if (found === undefined || name === newName) return found !== undefined;
  if (attributes.find(newName) !== undefined) {
    throw new H5Error("exists", `the object has an attribute ${JSON.stringify(newName)} already`);
  }
  const message = decodeAttributeMessage(new Reader(found, 0, "attribute message", edit));
  const isAscii = message.charset === "ascii" && charsetOf(newName) === "ascii";
  const w = edit.writer();
  encodeAttributeMessage(w, {
    ...message,
    name: newName,
    charset: isAscii ? "ascii" : "utf-8",
    // Older ones do not tell the character set.
    version: isAscii ? message.version : 3,
  });
  attributes.rename(name, newName, w.bytes);
  header.write();
  return true;
}

/** As libhdf5 writes it into a header of that version. */
function encodeAttribute(edit: EditContext, headerVersion: 1 | 2, attribute: NewAttribute): Uint8Array {
  const { name, charset, datatype, dataspace, data } = attribute;
  const modern = headerVersion === 2;
  const typeWriter = edit.writer();
  const { committedAt } = datatype;
  const isShared = committedAt !== undefined;
  if (isShared) encodeSharedMessage(typeWriter, committedAt);
  else encodeDatatype(typeWriter, datatype, Math.max(leastDatatypeVersion(datatype), modern ? 3 : 1));
  const spaceWriter = edit.writer();
  encodeDataspace(spaceWriter, dataspace, modern || dataspace.kind === "null" ? 2 : 1);
  const part = (bytes: Uint8Array, shared: boolean) => ({
    shared,
    reader: new Reader(bytes, 0, "attribute message", edit),
  });
  const w = edit.writer();
  encodeAttributeMessage(w, {
    name,
    version: modern || charset !== "ascii" ? 3 : isShared ? 2 : 1,
    charset,
    datatype: part(typeWriter.bytes, isShared),
    dataspace: part(spaceWriter.bytes, false),
    data,
  });
  return w.bytes;
}
