import { RangeReader } from "../../src/chunk/read-range.ts";
import { datasetAt } from "../../src/object/dataset-at.ts";
import { contentOf } from "../../src/tree/content.ts";
import { cacheName } from "../../src/tree/element-source.ts";
import type { FileNode } from "../../src/tree/node.ts";
import { bytesOfStored, type ClosedFiles } from "./closed-files.ts";
import { inMemory } from "./file-buffer.ts";
import type { LiveFile } from "./live-file.ts";
import type { Stored } from "./open-file.ts";
import { isText, rowsOf } from "./text-edit.ts";
import type { WholeTexts } from "./whole-texts.ts";

const NOTHING = inMemory(new Uint8Array(0));

/** Whether a view's text is too much to be made as a whole: it is edited by rows. */
export function isLargeText(node: FileNode, texts: WholeTexts): boolean {
  return isText(node) && !texts.isSmall(node);
}

/** Bytes of a text that is parsed as a whole: of more, everybody would have to wait. */
const AT_ONCE = 2 ** 17;

/**
 * Whether a text of so many bytes is stored row by row: it is too much to be made as a whole, or each of its rows is one element,
 * so that both ways write the same.
 */
export function isEditedByRows(node: FileNode, size: number, texts: WholeTexts): boolean {
  const { object, view } = node;
  if (object.kind !== "dataset") return false;
  const hasPlainRows = (view === "csv" || view === "txt") && object.dims.length === 1;
  return (size > AT_ONCE && hasPlainRows) || isLargeText(node, texts);
}

/** The bytes of files as they are stored now. */
export class StoredFiles {
  readonly #live: LiveFile;
  readonly #reader = new RangeReader("native", 2 ** 22);
  readonly #texts: WholeTexts;
  readonly #closed: ClosedFiles;

  constructor(live: LiveFile, texts: WholeTexts, closed: ClosedFiles) {
    this.#live = live;
    this.#texts = texts;
    this.#closed = closed;
  }

  of(node: FileNode): Stored {
    const closed = this.#closed.of(node);
    return closed === undefined ? this.#inFile(node) : bytesOfStored(closed, () => this.#inFile(node));
  }

  /** Whether those are the bytes. */
  are(node: FileNode, bytes: Uint8Array): boolean {
    const { size, read } = this.of(node);
    if (size !== bytes.length) return false;
    const stored = new Uint8Array(size);
    read(0, stored);
    return Buffer.compare(stored, bytes) === 0;
  }

  #inFile(node: FileNode): Stored {
    const { address, view } = node;
    if (isLargeText(node, this.#texts)) return { ...NOTHING, after: rowsOf(node, datasetAt(this.#live.file, address)) };
    if (view !== "bin" && view !== "npy") return inMemory(this.#texts.bytes(node));
    const content = contentOf(node);
    if (content.kind !== "stored") throw new TypeError("bin and npy are stored");
    const { header, size } = content;
    return {
      size,
      read: (offset, target) => {
        const start = header.subarray(offset, offset + target.length);
        target.set(start);
        const rest = target.subarray(start.length);
        if (rest.length === 0) return;
        const dataset = datasetAt(this.#live.file, address);
        const from = offset + start.length - header.length;
        // Another view may have made it shorter: what was written here is refused then, when it is to be stored.
        const there = Math.max(0, Math.min(rest.length, dataset.elementCount * dataset.elementSize - from));
        if (there > 0) this.#reader.readInto(dataset, cacheName(dataset), from, rest.subarray(0, there));
        rest.fill(0, there);
      },
    };
  }
}
