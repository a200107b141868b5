import { encodeText } from "../format/text.ts";
import { meantDatatype } from "../object/pytables.ts";
import { attributeText } from "../object/value.ts";
import { heapOf } from "../object/value-heap.ts";
import { fact } from "./facts.ts";
import type { Node } from "./node.ts";

const USER = "user.";
const FACTS = "user.h5fs.";

/** The kernel's limit for a name (XATTR_NAME_MAX). */
const XATTR_NAME_MAX = 255;

/** The names under which a node's HDF5 attributes are listed: `user.NAME`. What no such name can be is left out. */
export function extendedAttributeNames(node: Node): string[] {
  return (objectOf(node)?.attributes() ?? [])
    .map(({ name }) => USER + name)
    .filter((name) => !name.includes("\0") && !name.startsWith(FACTS) && encodeText(name).length <= XATTR_NAME_MAX);
}

/** An attribute's value as text, or a fact; `undefined`: there is none of that name. */
export function extendedAttribute(node: Node, name: string): Uint8Array | undefined {
  if (name.startsWith(FACTS)) {
    const text = fact(node, name.slice(FACTS.length));
    return text === undefined ? undefined : encodeText(text);
  }
  const object = name.startsWith(USER) ? objectOf(node) : undefined;
  const attribute = object?.attribute(name.slice(USER.length));
  if (object === undefined || attribute === undefined) return undefined;
  const { dataspace } = attribute;
  const datatype = meantDatatype(object, attribute.datatype);
  return attributeText({ datatype, dataspace, bytes: () => attribute.bytes() }, heapOf(object.file));
}

function objectOf(node: Node) {
  return node.kind === "directory" ? node.group : node.kind === "file" ? node.object : undefined;
}
