import { H5Error } from "../../src/errors.ts";
import type { Attribute } from "../../src/object/attribute.ts";
import { removeAttribute, setAttributeElements } from "../../src/object/attribute-value.ts";
import type { H5Object } from "../../src/object/file.ts";
import { FileHeapWriter } from "../../src/object/heap-writer.ts";
import { isFileNode, meantDatatype } from "../../src/object/pytables.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { HIDDEN_PREFIX, isUsers } from "../../src/tree/posix-metadata.ts";
import { attributeJson } from "../../src/view/attributes-json.ts";
import { type KnownAttribute, parseAttributesJson } from "../../src/view/parse-attributes-json.ts";

/**
 * Gives an object the attributes that the text `x.attrs.json` says, and takes away those that it does not have any more. What is
 * the mount's own is not in it, and stays.
 * @throws H5Error "argument" where the text is not right
 */
export function applyAttributes(transaction: FileTransaction, object: H5Object, text: Uint8Array): void {
  const { address } = object;
  const before = new Map(object.attributes().map((attribute) => [attribute.name, attribute]));
  const known = (name: string): KnownAttribute | undefined => {
    const attribute = before.get(name);
    return attribute && { type: typeOf(object, attribute), text: () => attributeJson(object, attribute) };
  };
  const parsed = parseAttributesJson(text, known, new FileHeapWriter(transaction));
  const wrong = parsed.find(({ name }) => !isUsers(name));
  if (wrong !== undefined) {
    throw new H5Error("argument", `${wrong.name}: attributes called ${HIDDEN_PREFIX}... are the mount's own`);
  }
  keepingKind(transaction, object, () => {
    const names = new Set(parsed.map(({ name }) => name));
    for (const name of before.keys()) {
      if (isUsers(name) && !names.has(name)) removeAttribute(transaction, address, name);
    }
    for (const attribute of parsed) {
      if (!("stays" in attribute)) setAttributeElements(transaction, address, attribute.name, attribute);
    }
  });
}

/**
 * Changes attributes of an object. By some, PyTables knows a file from an array of bytes: what is listed under one name would be
 * another thing under another.
 * @throws H5Error "argument" where it would
 */
export function keepingKind(transaction: FileTransaction, object: H5Object, change: () => void): void {
  const isFile = isFileOfBytes(object);
  change();
  if (isFile === isFileOfBytes(transaction.file.object(object.address, object.path))) return;
  const why = isFile
    ? "by its attribute NODE_TYPE PyTables and h5fs know it for a file"
    : "the attribute NODE_TYPE would make a file of it";
  throw new H5Error("argument", `${object.path}: ${why}`, { path: object.path });
}

function isFileOfBytes(object: H5Object): boolean {
  return object.kind === "dataset" && isFileNode(object);
}

/** `undefined`: it is damaged. */
function typeOf(object: H5Object, attribute: Attribute): KnownAttribute["type"] {
  try {
    const stored = attribute.datatype;
    return { stored, meant: meantDatatype(object, stored) };
  } catch (error) {
    if (error instanceof H5Error) return undefined;
    throw error;
  }
}
