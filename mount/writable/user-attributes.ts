import { SCALAR } from "../../src/format/dataspace.ts";
import type { Datatype } from "../../src/format/datatype.ts";
import { charsetOf, decodeText } from "../../src/format/text.ts";
import type { Attribute } from "../../src/object/attribute.ts";
import { removeAttribute, setAttributeElements } from "../../src/object/attribute-value.ts";
import type { H5Object } from "../../src/object/file.ts";
import { FileHeapWriter } from "../../src/object/heap-writer.ts";
import { meantDatatype } from "../../src/object/pytables.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { FACTS, isRaw, isShown, RAW_TAG, USER } from "../../src/tree/extended-attributes.ts";
import type { Node } from "../../src/tree/node.ts";
import { type ParsedAttribute, parseAttributeText } from "../../src/view/parse-attribute.ts";
import { Errno, ErrnoError } from "../errno.ts";
import { keepingKind } from "./attributes-store.ts";

const XATTR_CREATE = 1;
const XATTR_REPLACE = 2;

/** Sets an attribute of the object to a text, or one that is there to the value that the text is of its type. @param name with its namespace */
export function setUserAttribute(
  transaction: FileTransaction,
  node: Node,
  name: string,
  value: Uint8Array,
  flags: number,
): void {
  const attribute = attributeName(name);
  const object = objectOf(node);
  const old = object.attribute(attribute);
  if (old !== undefined && (flags & XATTR_CREATE) !== 0) throw new ErrnoError(Errno.EEXIST);
  if (old === undefined && (flags & XATTR_REPLACE) !== 0) throw new ErrnoError(Errno.ENODATA);
  const elements = elementsFor(transaction, object, old, value);
  keepingKind(transaction, object, () => setAttributeElements(transaction, object.address, attribute, elements));
}

function elementsFor(
  transaction: FileTransaction,
  object: H5Object,
  old: Attribute | undefined,
  value: Uint8Array,
): ParsedAttribute {
  // A number stays a number.
  if (old !== undefined && old.datatype.class !== "string" && !isRaw(old.datatype)) {
    const datatype = meantDatatype(object, old.datatype);
    const parsed = parseAttributeText(value, { datatype, dataspace: old.dataspace }, new FileHeapWriter(transaction));
    const kept = datatype === old.datatype ? parsed.datatype : old.datatype;
    return { ...parsed, datatype: kept };
  }
  return { datatype: datatypeFor(value), dataspace: SCALAR, data: value.length === 0 ? Uint8Array.of(0) : value };
}

export function removeUserAttribute(transaction: FileTransaction, node: Node, name: string): void {
  const object = objectOf(node);
  const attribute = attributeName(name);
  if (object.attribute(attribute) === undefined) throw new ErrnoError(Errno.ENODATA);
  keepingKind(transaction, object, () => removeAttribute(transaction, object.address, attribute));
}

/** A text; what would not read back as it is (such as bytes that are no UTF-8), opaque data of our own. */
function datatypeFor(value: Uint8Array): Datatype {
  const text = decodeText(value);
  const isText = !value.includes(0) && text.isWellFormed();
  return isText
    ? {
        class: "string",
        size: Math.max(1, value.length),
        padding: "null-padded",
        charset: charsetOf(text),
      }
    : { class: "opaque", size: value.length, tag: RAW_TAG };
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
