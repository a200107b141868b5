import type { EditContext } from "../format/edit-context.ts";
import { decodeExternalDataFiles, encodeExternalDataFiles } from "../format/external-data-files.ts";
import { type HeaderMessage, MESSAGE } from "../format/header-message.ts";
import { LocalHeap } from "../format/local-heap.ts";
import { LocalHeapEditor } from "../format/local-heap-edit.ts";
import { findMessage } from "../format/object-header.ts";
import type { Dataset } from "./dataset.ts";
import { messageReader } from "./message.ts";
import { headerMessage } from "./new-object.ts";

/** Part of a dataset's raw data in a file without structure. */
export interface ExternalData {
  /** As it is stored; libhdf5 looks for a relative one where the program runs. */
  readonly name: Uint8Array;
  /** Where in that file it begins, and how many bytes it has; `undefined`: all that follow. */
  readonly offset: number;
  readonly size: number | undefined;
}

/** Where a dataset's raw data are, if they are in other files. */
export function externalDataOf(dataset: Dataset): readonly ExternalData[] | undefined {
  const message = findMessage(dataset.header, MESSAGE.externalDataFiles);
  if (message === undefined) return undefined;
  const { heapAddress, slots } = decodeExternalDataFiles(messageReader(dataset, message, "external data files"));
  const heap = new LocalHeap(dataset.context, heapAddress);
  return slots.map(({ nameOffset, offset, size }) => ({ name: heap.string(nameOffset), offset, size }));
}

/** The message that says the same in a new header. */
export function externalDataMessage(edit: EditContext, files: readonly ExternalData[]): HeaderMessage {
  const heapAddress = LocalHeapEditor.create(edit);
  const heap = new LocalHeapEditor(edit, heapAddress);
  const slots = files.map(({ name, offset, size }) => ({ nameOffset: heap.insert(name), offset, size }));
  return headerMessage(edit, MESSAGE.externalDataFiles, 0, (w) => encodeExternalDataFiles(w, { heapAddress, slots }));
}
