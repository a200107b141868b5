import { datasetAt } from "../../src/object/dataset-at.ts";
import { isFileNode } from "../../src/object/pytables.ts";
import { complexPart } from "../../src/object/value-meaning.ts";
import type { FileNode, Node } from "../../src/tree/node.ts";
import { isCopiedView, isMadeView } from "../../src/tree/shown-as.ts";
import { needsNameRecord } from "../../src/tree/shown-name.ts";
import type { Tree } from "../../src/tree/tree.ts";
import type { ViewName } from "../../src/view/view.ts";
import { errnoOf } from "../errno.ts";
import type { NodeTable } from "../node-table.ts";
import { takeOver } from "./dataset-copy.ts";
import type { LiveFile } from "./live-file.ts";
import type { MovedNodes } from "./moved-nodes.ts";
import { hardLink, isBare, linkOf, putLink, takeLink } from "./names.ts";
import type { OpenFile } from "./open-file.ts";
import type { OpenFiles } from "./open-files.ts";

export interface DatasetCopiesSetup {
  readonly live: LiveFile;
  readonly tree: Tree;
  readonly nodes: NodeTable;
  readonly files: OpenFiles;
  readonly moved: MovedNodes;
  /** False: every new file stays one. */
  readonly isOn: boolean;
}

/** What is copied into a file: a dataset by its listed view. */
interface CopiedView {
  readonly node: FileNode;
  readonly view: ViewName;
}

/** Bytes of elements that are copied and compared at once: nobody else is answered meanwhile. */
const MAX_COPIED = 2 ** 24;

/**
 * Datasets that cp(1), or whatever copies files, copies within the mount. It has the one still open when it closes the other: a
 * new file that then has all bytes of the dataset's listed view, and its extension, becomes a dataset of the same type, chunks
 * and filters, which its bytes alone would not tell.
 *
 * Copy_file_range(2) would say what is copied, but cp reads and writes what takes less space than it has bytes, as compressed
 * data do.
 */
export class DatasetCopies {
  readonly #setup: DatasetCopiesSetup;

  constructor(setup: DatasetCopiesSetup) {
    this.#setup = setup;
  }

  /** Somebody has closed the file. @param node as it is called now @returns whether it is a dataset now */
  closed(file: OpenFile, node: Node | undefined): boolean {
    if (!this.#setup.isOn || file.handles > 0 || !file.isChanged || !file.isFileNode) return false;
    if (node?.kind !== "file" || node.key !== file.node.key || node.file !== this.#setup.live.file) return false;
    try {
      const [source, another] = this.#candidates(node).filter((view) => this.#isWhole(node, view.node));
      // Of two it could be either.
      return source !== undefined && another === undefined && this.#becomes(node, source);
    } catch (error) {
      // Such as a dataset that cannot be read: the file stays what any program would have written.
      if (errnoOf(error) === undefined) throw error;
      return false;
    }
  }

  /** Views that somebody reads and of which the file may be a copy. */
  #candidates({ path }: FileNode): CopiedView[] {
    const { files, live } = this.#setup;
    const found: CopiedView[] = [];
    for (const node of files.nodes()) {
      const { view } = node;
      if (view === "attrs.json" || !path.endsWith(`.${view}`) || node.part !== undefined) continue;
      if (node.file !== live.file || isBare(node) || (isMadeView(node) && !isCopiedView(node))) continue;
      if ((files.get(node)?.handles ?? 0) > 0) found.push({ node, view });
    }
    return found;
  }

  #becomes(node: FileNode, source: CopiedView): boolean {
    const { live, tree, moved, nodes } = this.#setup;
    const place = linkOf(tree, node);
    const extension = `.${source.view}`;
    if (place?.link.name.endsWith(extension) !== true) return false;
    const { directory, link } = place;
    const stem = link.name.slice(0, -extension.length);
    if (stem === "" || needsNameRecord(stem) || needsNameRecord(link.name)) return false;
    live.transaction((transaction) => {
      const isTaken = directory.group.link(stem) !== undefined;
      if (!isTaken) {
        takeLink(transaction, directory.address, link.name);
        putLink(transaction, directory.address, hardLink(stem, node.address));
      }
      takeOver(
        transaction,
        { dataset: datasetAt(transaction.file, source.node.address), view: source.view },
        node.address,
        isTaken ? [link.name] : [],
      );
    });
    const before = nodes.known(node.key);
    const listed = tree.listed(directory, link.name)?.node;
    if (before !== undefined && listed?.kind === "file") moved.became(before, listed);
    return true;
  }

  /** Whether the file has all bytes of the view, as the dataset is now. */
  #isWhole(node: FileNode, source: FileNode): boolean {
    const { live, tree, files } = this.#setup;
    const [copy, dataset] = [live.file.object(node.address), live.file.object(source.address)];
    if (copy.kind !== "dataset" || dataset.kind !== "dataset") return false;
    if (!isFileNode(copy) || copy.linkCount !== 1 || isFileNode(dataset)) return false;
    if (dataset.elementCount * dataset.elementSize > MAX_COPIED || files.isLarge(source)) return false;
    // The header of its CSV text has the dataset's name.
    const { datatype } = dataset;
    const isTable = datatype.class === "compound" && complexPart(datatype) === undefined;
    if (source.view === "csv" && !isTable) return false;
    if (linkOf(tree, source) === undefined) return false;
    if (files.ofObject(source.address).some((open) => open.hasOwnBytes || open.isTail)) return false;
    return files.size(source) === files.size(node) && Buffer.compare(files.bytes(source), files.bytes(node)) === 0;
  }
}
