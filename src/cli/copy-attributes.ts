import { getSystemErrorName } from "node:util";
import koffi from "koffi";
import { H5Error } from "../errors.ts";
import { encodeText } from "../format/text.ts";
import { extendedAttribute, extendedAttributeNames } from "../tree/extended-attributes.ts";
import type { Node } from "../tree/node.ts";

/** Undefined where the system's extended attributes are not set by this function, as on macOS. */
const fsetxattr =
  process.platform === "linux"
    ? koffi.load(null).func("int fsetxattr(int fd, const uint8_t *name, const uint8_t *value, size_t size, int flags)")
    : undefined;

/** What became of a node's attributes. */
export interface AttributesCopied {
  /** Not even the first could be set: the file system has no extended attributes, or not for users. */
  readonly none: boolean;
  /** Those for which there was too little room, or that cannot be read. */
  readonly left: readonly string[];
}

/** Sets the extended attributes that `node` has in a mount, as far as the file system of `fd` takes them. */
export function copyAttributes(node: Node, fd: number): AttributesCopied {
  const left: string[] = [];
  for (const name of extendedAttributeNames(node)) {
    const value = attributeValue(node, name);
    const code = value === undefined ? "unreadable" : setAttribute(fd, name, value);
    if (code === "EOPNOTSUPP" || code === "ENOTSUP" || code === "EPERM") return { none: true, left };
    if (code !== undefined) left.push(name);
  }
  return { none: false, left };
}

/** What a mount would say of it is said by `attrs.json`. */
function attributeValue(node: Node, name: string): Uint8Array | undefined {
  try {
    return extendedAttribute(node, name);
  } catch (error) {
    if (error instanceof H5Error) return undefined;
    throw error;
  }
}

/** The error's code, such as ENOSPC; `undefined`: it is set. */
function setAttribute(fd: number, name: string, value: Uint8Array): string | undefined {
  if (fsetxattr === undefined) return "EOPNOTSUPP";
  if (fsetxattr(fd, Buffer.concat([encodeText(name), Buffer.of(0)]), value, value.length, 0) === 0) return undefined;
  return getSystemErrorName(-koffi.errno());
}
