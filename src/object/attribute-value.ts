import { H5Error } from "../errors.ts";
import { type Dataspace, elementCount } from "../format/dataspace.ts";
import type { Datatype } from "../format/datatype.ts";
import { charsetOf, encodeText } from "../format/text.ts";
import type { Attribute } from "./attribute.ts";
import { checkAttributeName, deleteAttribute, type NewAttribute, setAttribute } from "./attribute-edit.ts";
import { FileHeapWriter, releaseElements } from "./heap-writer.ts";
import { fixedDataspace, inferDatatype, inferDims } from "./infer-datatype.ts";
import { changeLinkCount } from "./link-edit.ts";
import type { NumberArray, Storable } from "./storable.ts";
import { releaseObject } from "./unlink.ts";
import { elementsOfShape, encodeElements } from "./value-encode.ts";
import type { FileTransaction } from "./writable-file.ts";

/** What an attribute is to be set to. */
export interface AttributeValue {
  /** A scalar, or lists nested by the dimensions; `null` without a datatype: no data (H5S_NULL), as h5py's `Empty`. */
  readonly value: Storable;
  /**
   * Default: see `inferDatatype`. "kept": the one that the attribute of that name has, if there is one; a string of fixed
   * length gets as long as the value needs. One with `committedAt` is that committed datatype, which counts its uses.
   */
  readonly datatype?: Datatype | "kept" | undefined;
  /** Default: as the value is nested. */
  readonly shape?: readonly number[] | undefined;
}

/** The type of h5py's `Empty("f")`. */
const NOTHING: Datatype = inferDatatype(new Float32Array(0), 8);

/**
 * Creates an attribute, or replaces the one of that name.
 * @param address the object's header
 * @throws H5Error "argument" where the value does not fit its type or shape; nothing is changed then
 */
export function setAttributeValue(
  transaction: FileTransaction,
  address: number,
  name: string,
  { value, datatype, shape }: AttributeValue,
): void {
  const { edit } = transaction;
  const kept = datatype === "kept" ? transaction.file.object(address).attribute(name)?.datatype : datatype;
  const { type, dataspace, values } = arranged(value, kept, shape, edit.sizeOfOffsets);
  const stored = datatype === "kept" ? withRoomFor(type, values) : type;
  const data = encodeElements(stored, values, new FileHeapWriter(transaction));
  setAttributeElements(transaction, address, name, { datatype: stored, dataspace, data });
}

/** As `setAttributeValue`, with elements as they are stored: what they have in the global heap is theirs alone. */
export function setAttributeElements(
  transaction: FileTransaction,
  address: number,
  name: string,
  { datatype, dataspace, data }: Pick<NewAttribute, "datatype" | "dataspace" | "data">,
): void {
  checkAttributeName(name);
  let before: Before | undefined;
  const attribute = { name, charset: charsetOf(name), datatype, dataspace, data };
  setAttribute(transaction.edit, address, attribute, () => {
    const old = transaction.file.object(address).attribute(name);
    if (old !== undefined) before = beforeOf(old);
  });
  if (datatype.committedAt !== undefined) changeLinkCount(transaction.edit, datatype.committedAt, 1);
  if (before !== undefined) release(transaction, before);
}

/** Removes an attribute and what only it had. False: there is none of that name. @param address the object's header */
export function removeAttribute(transaction: FileTransaction, address: number, name: string): boolean {
  const old = transaction.file.object(address).attribute(name);
  if (old === undefined) return false;
  const before = beforeOf(old);
  deleteAttribute(transaction.edit, address, name);
  if (before !== undefined) release(transaction, before);
  return true;
}

/** What an attribute had, before it is changed. */
interface Before {
  readonly datatype: Datatype;
  readonly bytes: Uint8Array;
}

/** `undefined`: it is damaged, and what it had is not known. */
function beforeOf(attribute: Attribute): Before | undefined {
  try {
    return { datatype: attribute.datatype, bytes: attribute.bytes().slice() };
  } catch (error) {
    if (error instanceof H5Error) return undefined;
    throw error;
  }
}

function release(transaction: FileTransaction, { datatype, bytes }: Before): void {
  releaseElements(transaction, datatype, [bytes]);
  if (datatype.committedAt !== undefined) releaseObject(transaction, datatype.committedAt);
}

interface Arranged {
  readonly type: Datatype;
  readonly dataspace: Dataspace;
  readonly values: readonly Storable[] | NumberArray;
}

function arranged(
  value: Storable,
  datatype: Datatype | undefined,
  shape: readonly number[] | undefined,
  sizeOfOffsets: number,
): Arranged {
  if (value === null && shape === undefined && !hasNull(datatype)) {
    return { type: datatype ?? NOTHING, dataspace: { kind: "null" }, values: [] };
  }
  const dims = shape ?? inferDims(value, datatype);
  const values = elementsOfShape(value, dims);
  const dataspace = fixedDataspace(dims);
  if (values.length !== elementCount(dataspace)) {
    throw new H5Error("argument", `${values.length} values for the shape (${dims.join(", ")})`);
  }
  return { type: datatype ?? inferDatatype(values, sizeOfOffsets), dataspace, values };
}

/** True for types among whose values is `null`. */
function hasNull(type: Datatype | undefined): boolean {
  return type?.class === "reference" || (type?.class === "vlen" && type.kind === "string");
}

/** A type of strings of fixed length that is the attribute's own, made as long as the longest value needs. */
function withRoomFor(type: Datatype, values: readonly Storable[] | NumberArray): Datatype {
  if (type.class !== "string" || type.committedAt !== undefined) return type;
  let { size, charset } = type;
  for (const value of values) {
    if (typeof value !== "string") continue;
    const { length } = encodeText(value);
    size = Math.max(size, length);
    if (/[^\0-\x7f\udc80-\udcff]/u.test(value)) charset = "utf-8";
  }
  return { ...type, size, charset };
}
