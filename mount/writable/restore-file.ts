import { RangeReader } from "../../src/chunk/read-range.ts";
import { UnsupportedError } from "../../src/errors.ts";
import { now } from "../../src/format/modification-time.ts";
import { setAttribute } from "../../src/object/attribute-edit.ts";
import { removeAttribute } from "../../src/object/attribute-value.ts";
import { datasetAt } from "../../src/object/dataset-at.ts";
import { exchangeContents } from "../../src/object/exchange-contents.ts";
import { setChunkBytes } from "../../src/object/group-settings.ts";
import { indexGroupName } from "../../src/object/pytables.ts";
import { isLeafAttribute } from "../../src/object/pytables-leaf.ts";
import { ByteSink } from "../../src/object/text/byte-sink.ts";
import { releaseObject } from "../../src/object/unlink.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { contentOf } from "../../src/tree/content.ts";
import { cacheName } from "../../src/tree/element-source.ts";
import { FILE_MARKS } from "../../src/tree/file-node.ts";
import type { FileNode } from "../../src/tree/node.ts";
import { nodeText } from "../../src/tree/open-text.ts";
import { isCopiedView, isMadeView, SHOWN_AS_NAME, shownAs } from "../../src/tree/shown-as.ts";
import type { Tree } from "../../src/tree/tree.ts";
import { render } from "../../src/view/render.ts";
import { Errno, ErrnoError } from "../errno.ts";
import { createFileDataset, storeFile } from "./chunked-store.ts";
import { type FileBytes, isZero, WINDOW } from "./import-plan.ts";
import type { LiveFile } from "./live-file.ts";
import type { MovedNodes } from "./moved-nodes.ts";
import { bareLinkName, linkOf, parentOf, putLink, renamed, takeLink } from "./names.ts";
import { type NewFileSettings, PLAIN_STORAGE } from "./new-file-storage.ts";
import type { OpenFile } from "./open-file.ts";
import type { OpenFiles } from "./open-files.ts";
import type { WholeTexts } from "./whole-texts.ts";

/** Bytes of a text that are stored at a time. */
const STEP = 2 ** 23;

export interface RestoreSetup {
  readonly live: LiveFile;
  readonly tree: Tree;
  readonly files: OpenFiles;
  readonly moved: MovedNodes;
  readonly texts: WholeTexts;
  readonly newFiles: NewFileSettings;
}

/** Makes what was made from a file a file again, at the same place: other bytes are to be written into it, which need be no dataset. */
export class FileRestorer {
  readonly #setup: RestoreSetup;

  constructor(setup: RestoreSetup) {
    this.#setup = setup;
    setup.files.unfit = (file) => {
      if (file.isTail) this.restoreTail(file);
      else this.#restoreWhole(file);
    };
  }

  /** Before something is written behind the end of a file that is open: rows may be added to a table. @throws as `restore` */
  beforeAppend(file: OpenFile): void {
    const { node, isFileNode } = file;
    if (!isFileNode && isOnlyBytes(node) && !this.#setup.files.isLarge(node)) this.restore(node, "bytes");
  }

  /** What was written behind the end of a table is not to wait any longer for whether it is rows. @throws as `restore` */
  restoreTail(file: OpenFile): void {
    const bytes = file.takePending();
    try {
      this.restore(file.node, "bytes");
    } finally {
      file.buffer.write(file.buffer.size, bytes);
    }
  }

  /** All that was written is what the file is. */
  #restoreWhole(file: OpenFile): void {
    const bytes = file.buffer.bytes();
    this.restore(file.node, "nothing");
    file.buffer.write(0, bytes);
  }

  /** Before other bytes are written into a file that is open. @throws as `restore` */
  beforeWrite(file: OpenFile, offset: number, data: Uint8Array): void {
    if (!file.isFileNode && isOnlyBytes(file.node) && !fitsInPlace(file, offset, data))
      this.restore(file.node, "bytes");
  }

  /** Before a file that is open gets another size, or holes. @throws as `restore` */
  beforeResize({ node, isFileNode }: OpenFile, size?: number): void {
    if (!isFileNode && isOnlyBytes(node)) this.restore(node, size === 0 ? "nothing" : "bytes");
  }

  /**
   * @param keep whether the file is to have the bytes that the dataset shows, or none
   * @throws H5Error, ErrnoError where that cannot be: nothing has changed
   */
  restore(node: FileNode, keep: "bytes" | "nothing"): void {
    const { live, tree, files, moved, texts, newFiles } = this.#setup;
    const { address } = node;
    const open = files.get(node);
    if (open?.hasNewBytes === true && keep === "bytes") files.publish(open);
    const rename = open?.isUnlinked === true ? undefined : fullName(tree, node);
    const directory = parentOf(tree, node);
    const storage = directory === undefined ? PLAIN_STORAGE : newFiles.in(directory);
    const others = files.ofObject(address).filter((file) => file !== open);
    for (const file of others) file.beforeOvertaking();
    live.transaction((transaction) => {
      const { edit } = transaction;
      const made = createFileDataset(transaction, now(), storage, []);
      if (keep === "bytes") {
        if (contentOf(node).kind === "text" && !texts.isSmall(node)) storeText(transaction, node, made);
        else storeBytes(transaction, bytesOf(node, texts), made);
      }
      exchangeContents(transaction, address, made);
      releaseObject(transaction, made);
      for (const { name } of [...datasetAt(transaction.file, address).attributes()]) {
        if (isLeafAttribute(name)) removeAttribute(transaction, address, name);
      }
      removeAttribute(transaction, address, SHOWN_AS_NAME);
      for (const mark of FILE_MARKS) setAttribute(edit, address, mark);
      if (storage.chunkBytes !== undefined) setChunkBytes(transaction, address, storage.chunkBytes);
      if (rename === undefined) return;
      takeLink(transaction, rename.directory.address, rename.link.name);
      putLink(transaction, rename.directory.address, renamed(rename.link, rename.name));
    });
    const file = tree.asFile(node);
    moved.became(node, file);
    files.became(node, file);
    for (const other of others) other.overtaken();
  }
}

/** Whether it was made from a file, whose bytes tell all that it is. */
function isOnlyBytes(node: FileNode): boolean {
  return isMadeView(node) && !isCopiedView(node);
}

/** Whether what was made from a file stays the same kind of dataset with `data` in it: only elements of an array are written over. */
function fitsInPlace({ node, buffer }: OpenFile, offset: number, data: Uint8Array): boolean {
  const content = contentOf(node);
  if (content.kind !== "stored" || offset + data.length > buffer.size) return false;
  const header = content.header.subarray(offset, offset + data.length);
  return Buffer.compare(header, data.subarray(0, header.length)) === 0;
}

/** The link whose name is not the file's, and the one that it gets; `undefined`: there is none. */
function fullName(tree: Tree, node: FileNode) {
  const { path, object } = node;
  if (object.kind !== "dataset" || (shownAs(object)?.bare.length ?? 0) > 0) return undefined;
  const place = linkOf(tree, node);
  if (place === undefined) throw new ErrnoError(Errno.ESTALE);
  const { group } = place.directory;
  const name = bareLinkName(path.slice(path.lastIndexOf("/") + 1));
  if (group.link(indexGroupName(place.link.name)) !== undefined) {
    throw new UnsupportedError(`${path}: the table has an index of PyTables, which writing would make wrong`, { path });
  }
  if (group.link(name) !== undefined) throw new ErrnoError(Errno.EEXIST);
  return { ...place, name };
}

function storeBytes(transaction: FileTransaction, { size, read }: FileBytes, address: number): void {
  const pieces = function* (): Generator<{ readonly offset: number; readonly bytes: Uint8Array }> {
    for (let offset = 0; offset < size; offset += WINDOW) {
      const bytes = read(offset, Math.min(WINDOW, size - offset));
      if (!isZero(bytes)) yield { offset, bytes };
    }
  };
  storeFile(transaction, datasetAt(transaction.file, address), { kept: 0, size, pieces: pieces(), holes: [] });
}

/** A text of which there is too much to be made as a whole. */
function storeText(transaction: FileTransaction, node: FileNode, address: number): void {
  const text = nodeText(node, new RangeReader("native", 2 ** 22));
  const sink = new ByteSink();
  let kept = 0;
  const store = (): void => {
    const bytes = sink.bytes.slice(0, sink.length);
    const size = kept + bytes.length;
    const dataset = datasetAt(transaction.file, address);
    storeFile(transaction, dataset, { kept, size, pieces: [{ offset: kept, bytes }], holes: [] });
    kept = size;
    sink.length = 0;
  };
  for (const _ of render(text, 0, text.format.elementCount, sink)) if (sink.length >= STEP) store();
  if (sink.length > 0) store();
}

function bytesOf(node: FileNode, texts: WholeTexts): FileBytes {
  const content = contentOf(node);
  if (content.kind === "text") {
    const text = texts.bytes(node);
    return { size: text.length, read: (offset, length) => text.subarray(offset, offset + length) };
  }
  const { header, data, size } = content;
  const reader = new RangeReader("native", 2 ** 22);
  const name = node.object.kind === "dataset" ? cacheName(node.object) : node.key;
  return {
    size,
    read: (offset, length) => {
      const start = header.subarray(offset, offset + length);
      const rest = reader.read(data, name, Math.max(0, offset - header.length), length - start.length);
      return start.length === 0 ? rest : Buffer.concat([start, rest]);
    },
  };
}
