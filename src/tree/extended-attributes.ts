import type { Datatype } from "../format/datatype.ts";
import { encodeText } from "../format/text.ts";
import { isFileNode, meantDatatype } from "../object/pytables.ts";
import { isLeafAttribute } from "../object/pytables-leaf.ts";
import { attributeText } from "../object/value.ts";
import { heapOf } from "../object/value-heap.ts";
import { fact } from "./facts.ts";
import { isFileMark } from "./file-node.ts";
import type { Node } from "./node.ts";
import { HIDDEN_PREFIX } from "./posix-metadata.ts";
import { isMadeView } from "./shown-as.ts";

/** The namespace of extended attributes that there is; access control lists, labels and capabilities are in others. */
export const USER = "user.";
/** Facts about a node, which are no attributes of its object. */
export const FACTS = "user.h5fs.";

/** The kernel's limit for a name (XATTR_NAME_MAX). */
const XATTR_NAME_MAX = 255;

/** Marks an attribute that was set to bytes which are no text: it is shown as those bytes. */
export const RAW_TAG = "h5fs.bytes";

export function isRaw(type: Datatype): boolean {
  return type.class === "opaque" && type.tag === RAW_TAG;
}

/** The names under which a node's HDF5 attributes are listed: `user.NAME`. What no such name can be is left out. */
export function extendedAttributeNames(node: Node): string[] {
  const isMark = marksOf(node);
  return (objectOf(node)?.attributes() ?? [])
    .filter(({ name }) => !isMark(name))
    .map(({ name }) => USER + name)
    .filter(
      (name) =>
        isShown(name) && !name.includes("\0") && !name.startsWith(FACTS) && encodeText(name).length <= XATTR_NAME_MAX,
    );
}

/** An attribute's value as text, or a fact; `undefined`: there is none of that name. */
export function extendedAttribute(node: Node, name: string): Uint8Array | undefined {
  if (name.startsWith(FACTS)) {
    const text = fact(node, name.slice(FACTS.length));
    return text === undefined ? undefined : encodeText(text);
  }
  const object = name.startsWith(USER) ? objectOf(node) : undefined;
  const attribute = isShown(name) ? object?.attribute(name.slice(USER.length)) : undefined;
  if (object === undefined || attribute === undefined) return undefined;
  const { dataspace } = attribute;
  if (isRaw(attribute.datatype)) return attribute.bytes();
  const datatype = meantDatatype(object, attribute.datatype);
  return attributeText({ datatype, dataspace, bytes: () => attribute.bytes() }, heapOf(object.file));
}

/** By which attributes PyTables knows a file, or what was made of one. */
function marksOf(node: Node): (name: string) => boolean {
  if (node.kind !== "file" || node.object.kind !== "dataset") return () => false;
  if (node.view === "bin" && isFileNode(node.object)) return isFileMark;
  return isMadeView(node) ? isLeafAttribute : () => false;
}

/** False for what the mount keeps for itself. @param name with its namespace */
export function isShown(name: string): boolean {
  return !name.startsWith(USER + HIDDEN_PREFIX);
}

function objectOf(node: Node) {
  return node.kind === "directory" ? node.group : node.kind === "file" ? node.object : undefined;
}
