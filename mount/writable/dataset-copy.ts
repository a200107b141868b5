import { H5Error } from "../../src/errors.ts";
import type { Attribute } from "../../src/object/attribute.ts";
import { type NewAttribute, setAttribute } from "../../src/object/attribute-edit.ts";
import { removeAttribute } from "../../src/object/attribute-value.ts";
import { ObjectCopier } from "../../src/object/copy-object.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import { datasetAt } from "../../src/object/dataset-at.ts";
import { exchangeContents } from "../../src/object/exchange-contents.ts";
import { refersToHeap } from "../../src/object/heap-collections.ts";
import { isPyTablesLeaf, meantDatatype } from "../../src/object/pytables.ts";
import { isLeafAttribute } from "../../src/object/pytables-leaf.ts";
import { releaseObject } from "../../src/object/unlink.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { isFileMark } from "../../src/tree/file-node.ts";
import { shownAs, shownAsAttribute } from "../../src/tree/shown-as.ts";
import { typeJson } from "../../src/view/type-json.ts";
import type { ViewName } from "../../src/view/view.ts";

/**
 * A file of bytes becomes a dataset like the one of which it is a copy. It keeps its own attributes, which a program that copies
 * them (`cp -a`) has set, and gets those by which PyTables knows what the data are.
 * @param source what is copied, and its listed view @param address of the file's header @param bare links that are shown as they are
 * @throws H5Error where that cannot be: the transaction is to be rolled back
 */
export function takeOver(
  transaction: FileTransaction,
  { dataset, view }: { readonly dataset: Dataset; readonly view: ViewName },
  address: number,
  bare: readonly string[],
): void {
  const { edit, file } = transaction;
  const theirs = new Map(dataset.attributes().map((attribute) => [attribute.name, attribute]));
  const made = new ObjectCopier(file, transaction, true).copyAlone(dataset);
  for (const own of [...datasetAt(file, address).attributes()]) {
    if (isFileMark(own.name) && !isSame(own, theirs.get(own.name))) removeAttribute(transaction, address, own.name);
  }
  exchangeContents(transaction, address, made);
  releaseObject(transaction, made);
  if (isPyTablesLeaf(dataset)) {
    const missing = missingFrom(datasetAt(transaction.file, address), leafAttributesOf(dataset));
    for (const attribute of missing) setAttribute(edit, address, attribute);
  }
  setAttribute(edit, address, shownAsAttribute({ ...shownAs(dataset), view, isMade: true, isCopy: true, bare }));
  const meaning = (of: Dataset): string =>
    JSON.stringify([typeJson(meantDatatype(of, of.datatype)), of.dims], withoutVersion);
  if (meaning(datasetAt(transaction.file, address)) !== meaning(dataset)) {
    throw new H5Error("argument", "the copy would not be what the dataset is");
  }
}

/** The version of a type's encoding says nothing of the type: an array beside it makes it a later one. */
function withoutVersion(this: object, key: string, value: unknown): unknown {
  return key === "version" && "class" in this ? undefined : value;
}

/** What PyTables notes of a dataset: numbers and texts of fixed length. */
function leafAttributesOf(dataset: Dataset): NewAttribute[] {
  return dataset
    .attributes()
    .filter(
      ({ name, datatype }) => isLeafAttribute(name) && !refersToHeap(datatype) && datatype.committedAt === undefined,
    )
    .map((attribute) => {
      const { name, charset, datatype, dataspace } = attribute;
      return { name, charset, datatype, dataspace, data: attribute.bytes() };
    });
}

function missingFrom(dataset: Dataset, attributes: readonly NewAttribute[]): NewAttribute[] {
  return attributes.filter(({ name }) => dataset.attribute(name) === undefined);
}

function isSame(own: Attribute, other: Attribute | undefined): boolean {
  if (other === undefined) return false;
  const parts = ({ datatype, dataspace }: Attribute): string => JSON.stringify([datatype, dataspace]);
  return parts(own) === parts(other) && Buffer.compare(own.bytes(), other.bytes()) === 0;
}
