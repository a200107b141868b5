import { SCALAR } from "../../src/format/dataspace.ts";
import type { Datatype } from "../../src/format/datatype.ts";
import { decodeText } from "../../src/format/text.ts";
import type { Attribute } from "../../src/object/attribute.ts";
import { removeAttribute, setAttributeElements } from "../../src/object/attribute-value.ts";
import type { H5Object } from "../../src/object/file.ts";
import { FileHeapWriter } from "../../src/object/heap-writer.ts";
import { meantDatatype } from "../../src/object/pytables.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { extendedAttribute, FACTS, isRaw, isShown, RAW_TAG, USER } from "../../src/tree/extended-attributes.ts";
import type { Node } from "../../src/tree/node.ts";
import { type ParsedAttribute, parseAttributeText } from "../../src/view/parse-attribute.ts";
import { Errno, ErrnoError } from "../errno.ts";
import { type AttributeType, fixedTextType, newTextType, type SeenAttributes } from "./attribute-type.ts";
import { keepingKind } from "./attributes-store.ts";

const XATTR_CREATE = 1;
const XATTR_REPLACE = 2;

/**
 * Sets an attribute of the object to a text, or one that is there to the value that the text is of its type.
 * @param name with its namespace
 * @param seen what an attribute of that name and text was elsewhere, of which a new one is a copy
 * @throws H5Error "argument" where the text is no value of the type, ErrnoError
 */
export function setUserAttribute(
  transaction: FileTransaction,
  node: Node,
  name: string,
  value: Uint8Array,
  flags: number,
  seen?: SeenAttributes,
): void {
  const attribute = attributeName(name);
  const object = objectOf(node);
  const old = object.attribute(attribute);
  if (old !== undefined && (flags & XATTR_CREATE) !== 0) throw new ErrnoError(Errno.EEXIST);
  if (old === undefined && (flags & XATTR_REPLACE) !== 0) throw new ErrnoError(Errno.ENODATA);
  // What a text does not show stays as it is, such as a number's type.
  const shown = old === undefined ? undefined : extendedAttribute(node, name);
  if (shown !== undefined && Buffer.compare(shown, value) === 0) return;
  const elements =
    old === undefined
      ? newElements(transaction, object, value, seen?.of(name, value))
      : changedElements(transaction, object, old, value);
  keepingKind(transaction, object, () => setAttributeElements(transaction, object.address, attribute, elements));
}

function newElements(
  transaction: FileTransaction,
  object: H5Object,
  value: Uint8Array,
  copied: AttributeType | undefined,
): ParsedAttribute {
  if (copied !== undefined) return parsedAs(transaction, copied, value);
  const text = textOf(value);
  if (text === undefined) return rawElements(value);
  const { file, edit } = transaction;
  const stored = newTextType(object, file.root, text, value.length, edit.sizeOfOffsets);
  if (stored.class === "string") return fixedText(stored, value);
  return parsedAs(transaction, { stored, meant: stored, dataspace: SCALAR }, value);
}

function changedElements(
  transaction: FileTransaction,
  object: H5Object,
  { datatype: stored, dataspace }: Attribute,
  value: Uint8Array,
): ParsedAttribute {
  // A text may become anything, a number stays a number, a list a list.
  const isText = stored.class === "string" && dataspace.kind !== "simple";
  if (!isText && !isRaw(stored)) {
    return parsedAs(transaction, { stored, meant: meantDatatype(object, stored), dataspace }, value);
  }
  const text = textOf(value);
  return text === undefined ? rawElements(value) : fixedText(fixedTextType(text, value.length, stored), value);
}

function parsedAs(
  transaction: FileTransaction,
  { stored, meant, dataspace }: AttributeType,
  value: Uint8Array,
): ParsedAttribute {
  const parsed = parseAttributeText(value, { datatype: meant, dataspace }, new FileHeapWriter(transaction));
  return { ...parsed, datatype: meant === stored ? parsed.datatype : stored };
}

function fixedText(datatype: Datatype, value: Uint8Array): ParsedAttribute {
  return { datatype, dataspace: SCALAR, data: value.length === 0 ? Uint8Array.of(0) : value };
}

/** What would not read back as a text (such as bytes that are no UTF-8) is opaque data of our own. */
function rawElements(value: Uint8Array): ParsedAttribute {
  return { datatype: { class: "opaque", size: value.length, tag: RAW_TAG }, dataspace: SCALAR, data: value };
}

/** `undefined`: it is none. */
function textOf(value: Uint8Array): string | undefined {
  const text = decodeText(value);
  return !value.includes(0) && text.isWellFormed() ? text : undefined;
}

export function removeUserAttribute(transaction: FileTransaction, node: Node, name: string): void {
  const object = objectOf(node);
  const attribute = attributeName(name);
  if (object.attribute(attribute) === undefined) throw new ErrnoError(Errno.ENODATA);
  keepingKind(transaction, object, () => removeAttribute(transaction, object.address, attribute));
}

function attributeName(name: string): string {
  if (!name.startsWith(USER)) throw new ErrnoError(Errno.EOPNOTSUPP);
  if (name.startsWith(FACTS) || !isShown(name)) throw new ErrnoError(Errno.EPERM);
  const attribute = name.slice(USER.length);
  if (attribute === "") throw new ErrnoError(Errno.EINVAL);
  return attribute;
}

function objectOf(node: Node): H5Object {
  if (node.kind === "directory") return node.group;
  if (node.kind === "file") return node.object;
  throw new ErrnoError(Errno.EPERM);
}
