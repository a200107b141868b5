import { SCALAR } from "../../src/format/dataspace.ts";
import type { Datatype } from "../../src/format/datatype.ts";
import type { EditContext } from "../../src/format/edit-context.ts";
import { charsetOf, decodeText } from "../../src/format/text.ts";
import { deleteAttribute, setAttribute } from "../../src/object/attribute-edit.ts";
import { FileHeapWriter } from "../../src/object/heap-writer.ts";
import { meantDatatype } from "../../src/object/pytables.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { RAW_TAG } from "../../src/tree/extended-attributes.ts";
import type { Node } from "../../src/tree/node.ts";
import { HIDDEN_PREFIX } from "../../src/tree/posix-metadata.ts";
import { parseAttributeText } from "../../src/view/parse-attribute.ts";
import { Errno, ErrnoError } from "../errno.ts";

const USER = "user.";
const FACTS = "h5fs.";

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
  const { edit } = transaction;
  const attribute = attributeName(name);
  const object = objectOf(node);
  const old = object.attribute(attribute);
  if (old !== undefined && (flags & XATTR_CREATE) !== 0) throw new ErrnoError(Errno.EEXIST);
  if (old === undefined && (flags & XATTR_REPLACE) !== 0) throw new ErrnoError(Errno.ENODATA);
  // A number stays a number.
  if (old !== undefined && old.datatype.class !== "string" && !isRaw(old.datatype)) {
    const datatype = meantDatatype(object, old.datatype);
    const parsed = parseAttributeText(value, { datatype, dataspace: old.dataspace }, new FileHeapWriter(transaction));
    const kept = datatype === old.datatype ? parsed.datatype : old.datatype;
    setAttribute(edit, object.address, { ...parsed, datatype: kept, name: attribute, charset: charsetOf(attribute) });
    return;
  }
  setAttribute(edit, object.address, {
    name: attribute,
    charset: charsetOf(attribute),
    datatype: datatypeFor(value),
    dataspace: SCALAR,
    data: value.length === 0 ? Uint8Array.of(0) : value,
  });
}

export function removeUserAttribute(edit: EditContext, node: Node, name: string): void {
  if (!deleteAttribute(edit, objectOf(node).address, attributeName(name))) throw new ErrnoError(Errno.ENODATA);
}

/** A text; what would not read back as it is (such as bytes that are no UTF-8), opaque data of our own. */
function datatypeFor(value: Uint8Array): Datatype {
  const text = decodeText(value);
  const isText = !value.includes(0) && Buffer.from(value).equals(Buffer.from(text.toWellFormed()));
  return isText
    ? {
        class: "string",
        size: Math.max(1, value.length),
        padding: "null-padded",
        charset: charsetOf(text),
      }
    : { class: "opaque", size: value.length, tag: RAW_TAG };
}

function isRaw(type: Datatype): boolean {
  return type.class === "opaque" && type.tag === RAW_TAG;
}

function attributeName(name: string): string {
  if (!name.startsWith(USER)) throw new ErrnoError(Errno.EOPNOTSUPP);
  const attribute = name.slice(USER.length);
  // Facts, and what the mount keeps for itself.
  if (attribute.startsWith(FACTS) || attribute.startsWith(HIDDEN_PREFIX)) throw new ErrnoError(Errno.EPERM);
  if (attribute === "") throw new ErrnoError(Errno.EINVAL);
  return attribute;
}

function objectOf(node: Node) {
  if (node.kind === "directory") return node.group;
  if (node.kind === "file") return node.object;
  throw new ErrnoError(Errno.EPERM);
}
