import { deleteAttribute, setAttribute } from "../../src/object/attribute-edit.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { linkRecordAttribute, linkRecordName } from "../../src/tree/link-record.ts";
import type { Node } from "../../src/tree/node.ts";
import type { Timestamp } from "../../src/tree/posix-metadata.ts";
import type { NamePlace } from "./names.ts";

/** What belongs to a symlink goes where its link goes. @param name of the link now */
export function moveRecord(
  transaction: FileTransaction,
  from: NamePlace,
  node: Node,
  to: NamePlace,
  name: string,
  time: Timestamp,
): void {
  if (node.kind !== "symlink" || (from.directory.address === to.directory.address && node.linkName === name)) return;
  dropRecord(transaction, node);
  putRecord(transaction, node, to, name, time);
}

export function dropRecord({ edit }: FileTransaction, node: Node): void {
  if (node.kind !== "symlink" || node.record === undefined) return;
  deleteAttribute(edit, node.parent.address, linkRecordName(node.linkName));
}

export function putRecord({ edit }: FileTransaction, node: Node, to: NamePlace, name: string, time: Timestamp): void {
  if (node.kind !== "symlink" || node.record === undefined) return;
  const record = { ...node.record, metadata: { ...node.record.metadata, ctime: time } };
  setAttribute(edit, to.directory.address, linkRecordAttribute(name, record));
}
