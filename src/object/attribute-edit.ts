import { UnsupportedError } from "../errors.ts";
import { type AttributeInfo, decodeAttributeInfo, encodeAttributeInfo } from "../format/attribute-info.ts";
import { decodeAttributeMessage, encodeAttributeMessage } from "../format/attribute-message.ts";
import { type Dataspace, elementCount, encodeDataspace } from "../format/dataspace.ts";
import type { CharacterSet, Datatype } from "../format/datatype.ts";
import { encodeDatatype, leastDatatypeVersion } from "../format/datatype-encoding.ts";
import type { EditContext } from "../format/edit-context.ts";
import { type HeaderMessage, MESSAGE, MESSAGE_FLAG } from "../format/header-message.ts";
import { ObjectHeaderEditor } from "../format/object-header-edit.ts";
import { Reader } from "../format/reader.ts";
import { encodeSharedMessage } from "../format/shared-message.ts";

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

/** Bytes that the message of an attribute in an object header may have, its own head included (libhdf5's limit). */
const MAX_COMPACT = 65_535;

/** Creates an attribute, or replaces the one of that name. @param address the object's header */
export function setAttribute(edit: EditContext, address: number, attribute: NewAttribute): void {
  const header = new ObjectHeaderEditor(edit, address);
  const expected = elementCount(attribute.dataspace) * attribute.datatype.size;
  if (attribute.data.length !== expected) {
    throw new TypeError(`${attribute.data.length} bytes for an attribute of ${expected}`);
  }
  const info = compactInfo(edit, header, attribute.name);
  const body = encodeAttribute(edit, header.version, attribute);
  if (body.length >= MAX_COMPACT) {
    throw new UnsupportedError(
      `attribute ${JSON.stringify(attribute.name)} has ${body.length} bytes; one of 64 KiB or more is not written yet`,
    );
  }
  const old = findAttribute(edit, header, attribute.name);
  if (old !== undefined) {
    header.replace(old, body);
  } else {
    checkCount(header);
    const creationIndex = addToInfo(edit, header, info);
    header.add({ type: MESSAGE.attribute, flags: 0, creationIndex, body });
  }
  header.write();
}

/** False: there is no attribute of that name. @param address the object's header */
export function deleteAttribute(edit: EditContext, address: number, name: string): boolean {
  const header = new ObjectHeaderEditor(edit, address);
  compactInfo(edit, header, name);
  const found = findAttribute(edit, header, name);
  if (found === undefined) return false;
  header.remove(found);
  header.write();
  return true;
}

type Found = ReturnType<ObjectHeaderEditor["find"]> extends Generator<infer M> ? M : never;

function findAttribute(edit: EditContext, header: ObjectHeaderEditor, name: string): Found | undefined {
  for (const message of header.find(MESSAGE.attribute)) {
    const r = new Reader(message.body, 0, "attribute message", edit);
    if (decodeAttributeMessage(r).name === name) return message;
  }
  return undefined;
}

/** The object's attribute info. @throws UnsupportedError where the attributes are in a fractal heap */
function compactInfo(edit: EditContext, header: ObjectHeaderEditor, name: string) {
  const [message] = header.find(MESSAGE.attributeInfo);
  if (message === undefined) return undefined;
  const info = decodeAttributeInfo(new Reader(message.body, 0, "attribute info message", edit));
  if (info.fractalHeapAddress !== undefined) {
    throw new UnsupportedError(
      `attribute ${JSON.stringify(name)}: the object keeps its attributes in a fractal heap, which is not written yet`,
    );
  }
  return { message, info };
}

/** Version 2 keeps so many attributes in the header; more go to a fractal heap. */
function checkCount(header: ObjectHeaderEditor): void {
  const count = [...header.find(MESSAGE.attribute)].length;
  if (header.version === 2 && count >= header.maxCompactAttributes) {
    throw new UnsupportedError(
      `the object has ${count} attributes, as many as its header may have; a fractal heap for more is not written yet`,
    );
  }
}

/** Counts the new attribute, where that is done. @returns its creation index */
function addToInfo(
  edit: EditContext,
  header: ObjectHeaderEditor,
  known: { readonly message: Found; readonly info: AttributeInfo } | undefined,
): number | undefined {
  if (header.version === 1) return undefined;
  const info = known?.info ?? {
    creationOrderTracked: header.tracksAttributeOrder,
    creationOrderIndexed: header.indexesAttributeOrder,
    nextCreationOrder: header.tracksAttributeOrder ? 0 : undefined,
    fractalHeapAddress: undefined,
    nameIndexAddress: undefined,
    creationOrderIndexAddress: undefined,
  };
  const next = info.nextCreationOrder;
  const w = edit.writer();
  encodeAttributeInfo(w, { ...info, nextCreationOrder: next === undefined ? undefined : next + 1 });
  // libhdf5 adds one to a header of version 2 with its first attribute.
  if (known === undefined) header.add(infoMessage(w.bytes));
  else if (next !== undefined) header.replace(known.message, w.bytes);
  return next;
}

function infoMessage(body: Uint8Array): Pick<HeaderMessage, "type" | "flags" | "body" | "creationIndex"> {
  return { type: MESSAGE.attributeInfo, flags: MESSAGE_FLAG.doNotShare, creationIndex: undefined, body };
}

/** As libhdf5 writes it into a header of that version. */
function encodeAttribute(edit: EditContext, headerVersion: 1 | 2, attribute: NewAttribute): Uint8Array {
  const { name, charset, datatype, dataspace, data } = attribute;
  const modern = headerVersion === 2;
  const typeWriter = edit.writer();
  const shared = datatype.committedAt !== undefined;
  if (datatype.committedAt !== undefined) encodeSharedMessage(typeWriter, datatype.committedAt);
  else encodeDatatype(typeWriter, datatype, Math.max(leastDatatypeVersion(datatype), modern ? 3 : 1));
  const spaceWriter = edit.writer();
  encodeDataspace(spaceWriter, dataspace, modern || dataspace.kind === "null" ? 2 : 1);
  const part = (bytes: Uint8Array, isShared: boolean) => ({
    shared: isShared,
    reader: new Reader(bytes, 0, "attribute message", edit),
  });
  const w = edit.writer();
  encodeAttributeMessage(w, {
    name,
    version: modern || charset !== "ascii" ? 3 : shared ? 2 : 1,
    charset,
    datatype: part(typeWriter.bytes, shared),
    dataspace: part(spaceWriter.bytes, false),
    data,
  });
  return w.bytes;
}
