import { datasetAt } from "../../src/object/dataset-at.ts";
import type { FileNode } from "../../src/tree/node.ts";
import { isMadeView } from "../../src/tree/shown-as.ts";
import type { TextIndex } from "../../src/view/text-index.ts";
import type { StoredBytes } from "./file-buffer.ts";
import type { FileBytes } from "./import-plan.ts";
import type { LiveFile } from "./live-file.ts";
import type { OpenFile } from "./open-file.ts";
import { type TextEdit, textEdit } from "./text-edit.ts";

/** A text that is to be compared with what a view shows. */
export interface ComparedText {
  readonly edit: TextEdit;
  /** Where the blocks of the present text are, as far as that is known. */
  readonly index: TextIndex | undefined;
  /** All that what is found depends on and that may change, but for the dataset's name, which heads a column. */
  basis(): readonly unknown[];
}

/** What is known of the texts of views. */
export interface TextIndexes {
  get(node: FileNode): TextIndex | undefined;
  set(node: FileNode, index: TextIndex): void;
}

/** What was written into a view of a dataset. */
export function writtenText(live: LiveFile, file: OpenFile, index: TextIndex | undefined): ComparedText {
  const { node, buffer, after, isWhole } = file;
  const text = bytesOf(buffer.size, (offset, target) => buffer.read(offset, target));
  const dataset = datasetAt(live.file, node.address);
  return {
    edit: textEdit({ node, dataset, text, after, isWhole, isExact: isMadeView(node) }),
    index,
    basis: () => {
      const present = file.hasNewBytes ? file.buffer : undefined;
      return [file.node, file.node.path, present, buffer.changes, file.isOvertaken, live.stateOf(node.address)];
    },
  };
}

/** The bytes of a file that is renamed over a view of a dataset. @param isOpen whether somebody has the file open */
export function renamedText(
  live: LiveFile,
  node: FileNode,
  { file, stored, isOpen }: { readonly file: FileNode; readonly stored: StoredBytes; readonly isOpen: () => boolean },
): ComparedText {
  const text = bytesOf(stored.size, stored.read);
  const dataset = datasetAt(live.file, node.address);
  return {
    edit: textEdit({ node, dataset, text, after: undefined, isWhole: true, isExact: true }),
    index: undefined,
    basis: () => [node.key, node.path, file.key, isOpen(), live.stateOf(file.address), live.stateOf(node.address)],
  };
}

function bytesOf(size: number, fill: (offset: number, target: Uint8Array) => void): FileBytes {
  const read = (offset: number, length: number): Uint8Array => {
    const bytes = new Uint8Array(length);
    fill(offset, bytes);
    return bytes;
  };
  return { size, read };
}
