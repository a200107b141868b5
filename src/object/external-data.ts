import type { EditContext } from "../format/edit-context.ts";
import { encodeExternalDataFiles } from "../format/external-data-files.ts";
import { type HeaderMessage, MESSAGE } from "../format/header-message.ts";
import { LocalHeapEditor } from "../format/local-heap-edit.ts";
import type { ExternalData } from "./external-storage.ts";
import { headerMessage } from "./new-object.ts";

/** The message in a new header that says where a dataset's raw data are. */
export function externalDataMessage(edit: EditContext, files: readonly ExternalData[]): HeaderMessage {
  const heapAddress = LocalHeapEditor.create(edit);
  const heap = new LocalHeapEditor(edit, heapAddress);
  const slots = files.map(({ name, offset, size }) => ({ nameOffset: heap.insert(name), offset, size }));
  return headerMessage(edit, MESSAGE.externalDataFiles, 0, (w) => encodeExternalDataFiles(w, { heapAddress, slots }));
}
