import { LRUCache } from "lru-cache";
import type { RangeReader } from "../../src/chunk/read-range.ts";
import { H5Error, UnsupportedError } from "../../src/errors.ts";
import { ByteSink } from "../../src/object/text/byte-sink.ts";
import type { FileNode } from "../../src/tree/node.ts";
import { nodeText } from "../../src/tree/open-text.ts";
import { viewSubject } from "../../src/tree/view-subject.ts";
import { renderWhole } from "../../src/view/render.ts";

/** Bytes of data of which a text is made at once: of more, everybody would have to wait. */
export const MAX_DATA = 2 ** 24;

/** Bytes of text that are kept. */
const CAPACITY = 2 ** 26;

/** Texts that are needed whole, as what was edited is compared with them: made at once, on the calling thread. */
export class WholeTexts {
  readonly #reader: RangeReader;
  readonly #texts: LRUCache<string, { readonly bytes: Uint8Array }>;
  readonly #sink = new ByteSink();

  constructor(reader: RangeReader) {
    this.#reader = reader;
    this.#texts = new LRUCache({ maxSize: CAPACITY, sizeCalculation: ({ bytes }) => bytes.length + 1 });
  }

  /** Whether it is so small that it is made. @throws H5Error where the object cannot be read */
  isSmall({ object, part, view }: FileNode): boolean {
    return object.kind !== "dataset" || view === "attrs.json" || viewSubject(object, part).decodedBytes <= MAX_DATA;
  }

  /** Bytes; `undefined` where it cannot be made: whoever opens it is told. */
  size(node: FileNode): number | undefined {
    try {
      return this.bytes(node).length;
    } catch (error) {
      if (error instanceof H5Error) return undefined;
      throw error;
    }
  }

  /** Why it cannot be made. */
  problem(node: FileNode): H5Error | undefined {
    if (node.view === "npy" || node.view === "bin") return undefined;
    try {
      this.bytes(node);
      return undefined;
    } catch (error) {
      if (error instanceof H5Error) return error;
      throw error;
    }
  }

  /** The whole text; not to be written to. @throws H5Error where it cannot be made */
  bytes(node: FileNode): Uint8Array {
    const key = `${node.file.id}:${node.key}`;
    const known = this.#texts.get(key);
    if (known !== undefined) return known.bytes;
    if (!this.isSmall(node)) {
      const message =
        `${node.path}: a text of more than ${MAX_DATA} bytes of data is not made as a whole: ` +
        "append rows, write all of it, or write its elements as .npy or .bin";
      throw new UnsupportedError(message, { path: node.path });
    }
    this.#sink.length = 0;
    renderWhole(nodeText(node, this.#reader), this.#sink);
    const bytes = this.#sink.bytes.slice(0, this.#sink.length);
    this.#texts.set(key, { bytes });
    return bytes;
  }
}
