import { type BTreeK, encodeBTreeK } from "../format/b-tree-k.ts";
import type { EditContext } from "../format/edit-context.ts";
import { PAGED, withoutManagers } from "../format/file-space-info.ts";
import { type HeaderMessage, MESSAGE, MESSAGE_FLAG } from "../format/header-message.ts";
import { ObjectHeaderEditor } from "../format/object-header-edit.ts";
import { DEFAULT_K } from "../format/superblock.ts";
import type { FileSpace } from "./first-write.ts";
import { createHeader, type HeaderTraits, headerMessage } from "./new-object.ts";

/** The superblock extension is no object of anybody's. */
const NO_TRAITS: HeaderTraits = {
  times: undefined,
  phaseChange: undefined,
  attributeOrderTracked: false,
  attributeOrderIndexed: false,
  messages: [],
};

/**
 * Makes the superblock extension of a new file, the last of what it has to begin with.
 * @param end where the file's allocated space ends now
 * @returns its address; `undefined`: there is nothing that it would say
 */
export function createExtension(
  edit: EditContext,
  k: BTreeK,
  fileSpace: FileSpace | undefined,
  end: () => number,
): number | undefined {
  const messages: HeaderMessage[] = [];
  if (!isDefault(k)) {
    const flags = MESSAGE_FLAG.constant | MESSAGE_FLAG.doNotShare;
    messages.push(headerMessage(edit, MESSAGE.bTreeK, flags, (w) => encodeBTreeK(w, k)));
  }
  if (fileSpace !== undefined) messages.push(fileSpace.message);
  if (messages.length === 0) return undefined;
  const address = createHeader(edit, messages, NO_TRAITS);
  if (fileSpace !== undefined) finishFileSpace(edit, address, fileSpace, end);
  return address;
}

function isDefault({ groupLeafNodeK, groupInternalNodeK, indexedStorageInternalNodeK }: BTreeK): boolean {
  return (
    groupLeafNodeK === DEFAULT_K.groupLeafNodeK &&
    groupInternalNodeK === DEFAULT_K.groupInternalNodeK &&
    indexedStorageInternalNodeK === DEFAULT_K.indexedStorageInternalNodeK
  );
}

/** The message as it was in another file does not say what is free in this one. */
function finishFileSpace(edit: EditContext, address: number, { info, message }: FileSpace, end: () => number): void {
  const { strategy, pageSize, managerAddresses } = info;
  // A page has metadata or raw data: what comes next is in another one.
  if (strategy === PAGED && pageSize !== undefined) {
    edit.allocate(Math.ceil(end() / pageSize) * pageSize - end(), "metadata");
  }
  if (managerAddresses.length === 0) return;
  const header = new ObjectHeaderEditor(edit, address);
  const copy = header.first(MESSAGE.fileSpaceInfo);
  if (copy === undefined) throw new TypeError("the extension has the message");
  header.replace(copy, withoutManagers(message.body, info, edit, end()));
  header.write();
}
