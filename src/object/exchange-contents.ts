import { MESSAGE } from "../format/header-message.ts";
import { ObjectHeaderEditor } from "../format/object-header-edit.ts";
import type { FileTransaction } from "./writable-file.ts";
import { forgetWriter } from "./write-dataset.ts";

/** What makes a dataset be what it is: shape, type, and where its elements are. */
const CONTENTS = [
  MESSAGE.dataspace,
  MESSAGE.datatype,
  MESSAGE.fillValueOld,
  MESSAGE.fillValue,
  MESSAGE.externalDataFiles,
  MESSAGE.dataLayout,
  MESSAGE.filterPipeline,
];

/**
 * Two datasets change what they are; each keeps its address, and so its names and references, its attributes and its times.
 * @param first @param second addresses of their headers
 */
export function exchangeContents(transaction: FileTransaction, first: number, second: number): void {
  const { edit } = transaction;
  edit.writeEdited();
  const headers = [first, second].map((address) => new ObjectHeaderEditor(edit, address));
  const taken = headers.map((header) => CONTENTS.flatMap((type) => header.find(type)));
  for (const [i, header] of headers.entries()) {
    for (const message of taken[i] ?? []) header.remove(message);
    for (const { type, flags, body } of taken[1 - i] ?? []) header.add({ type, flags, body, creationIndex: undefined });
    header.write();
  }
  for (const address of [first, second]) forgetWriter(edit, address);
}
