import { H5Error } from "../../src/errors.ts";
import { decodeText } from "../../src/format/text.ts";
import { changeStorage } from "../../src/object/change-storage.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import { setChunkBytes, setGroupFilters } from "../../src/object/group-settings.ts";
import { isFileNode } from "../../src/object/pytables.ts";
import { SETTINGS, storageOptions } from "../../src/object/storage-text.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { FACTS } from "../../src/tree/extended-attributes.ts";
import { fact } from "../../src/tree/facts.ts";
import type { DirectoryNode, Node } from "../../src/tree/node.ts";
import { Errno, ErrnoError } from "../errno.ts";

/** True for what is set and removed here. @param name with its namespace */
export function isSetting(name: string): boolean {
  return name.startsWith(FACTS);
}

/**
 * Sets a fact about an object: of a dataset how it is stored, which writes its elements anew; of a group what new files in and
 * below it are to have.
 * @param name with its namespace
 * @param value `undefined`: the group is to say nothing any more
 * @throws H5Error "argument" for a text that is no such setting, ErrnoError EPERM where there is none
 */
export function changeSetting(
  transaction: FileTransaction,
  node: Node,
  name: string,
  value: Uint8Array | undefined,
): void {
  const setting = name.slice(FACTS.length);
  const text = value && decodeText(value).replace(/\0$/, "");
  if (node.kind === "directory") setOfGroup(transaction, node, setting, text);
  else if (node.kind === "file" && node.object.kind === "dataset" && text !== undefined) {
    setOfDataset(transaction, node.object, setting, text);
  } else throw refused(setting);
}

function setOfGroup(
  transaction: FileTransaction,
  node: DirectoryNode,
  setting: string,
  text: string | undefined,
): void {
  const { group } = node;
  if (setting === "filters") setGroupFilters(transaction, group, text);
  else if (setting === "chunks")
    setChunkBytes(transaction, group.address, text === undefined ? undefined : bytesOf(text));
  else if (setting === "libver" && text !== undefined && node.parent === undefined) {
    const libver = fact(node, setting);
    if (libver === text.trim()) return;
    throw new H5Error(
      "argument",
      `the file has structures for ${libver}; "h5fs repack --libver ${text}" writes it anew with others, while it is not mounted`,
    );
  } else throw refused(setting);
}

function setOfDataset(transaction: FileTransaction, dataset: Dataset, setting: string, text: string): void {
  const what = SETTINGS.find((known) => known === setting);
  if (what === undefined || (what === "maxshape" && isFileNode(dataset))) throw refused(setting);
  if (what === "chunks" && isFileNode(dataset)) setOfFile(transaction, dataset, text);
  else changeStorage(transaction, dataset, storageOptions(what, text, dataset));
}

/** A file keeps the chunks that were set, however large it becomes, until they are `auto` again. */
function setOfFile(transaction: FileTransaction, dataset: Dataset, text: string): void {
  const bytes = text.trim() === "auto" ? undefined : bytesOf(text);
  setChunkBytes(transaction, dataset.address, bytes);
  const current = transaction.file.object(dataset.address, dataset.path);
  if (current.kind !== "dataset") throw new TypeError("a dataset is none any more");
  changeStorage(transaction, current, { chunks: bytes === undefined ? "choose" : [bytes] });
}

function bytesOf(text: string): number {
  const [, digits, unit = ""] = /^\(?(\d{1,10})([KM]?),?\)?$/i.exec(text.trim()) ?? [];
  if (digits === undefined)
    throw new H5Error("argument", `${text}: expected the number of bytes of a chunk, such as 64K`);
  return Number(digits) * ({ K: 2 ** 10, M: 2 ** 20 }[unit.toUpperCase()] ?? 1);
}

function refused(setting: string): ErrnoError {
  return new ErrnoError(Errno.EPERM, `user.h5fs.${setting} cannot be set here`);
}
