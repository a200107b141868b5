import { LRUCache } from "lru-cache";
import type { RangeReader } from "../src/chunk/read-range.ts";
import { H5Error, UnsupportedError } from "../src/errors.ts";
import { ByteSink } from "../src/object/text/byte-sink.ts";
import { viewSubject } from "../src/tree/make-node.ts";
import type { FileNode } from "../src/tree/node.ts";
import { nodeText } from "../src/tree/open-text.ts";
import { renderWhole } from "../src/view/render.ts";
import type { Texts } from "./text-store.ts";

/** Bytes of data of which a text is made at once: of more, everybody would have to wait. */
const MAX_DATA = 2 ** 24;

/** Bytes of text that are kept. */
const CAPACITY = 2 ** 26;

/** The texts of a file that no other thread can read, made whole when they are first asked for. */
export class OwnTexts implements Texts {
  readonly #reader: RangeReader;
  readonly #texts: LRUCache<string, { readonly bytes: Uint8Array }>;
  readonly #sink = new ByteSink();

  constructor(reader: RangeReader) {
    this.#reader = reader;
    this.#texts = new LRUCache({ maxSize: CAPACITY, sizeCalculation: ({ bytes }) => bytes.length + 1 });
  }

  size(node: FileNode): number | undefined {
    try {
      return this.bytes(node).length;
    } catch (error) {
      // Whoever opens it is told.
      if (error instanceof H5Error) return undefined;
      throw error;
    }
  }

  awaitSize(node: FileNode): void {
    // Known, or there is an error.
    this.bytes(node);
  }

  read(node: FileNode, _handle: number, _unique: number, offset: number, size: number): readonly Uint8Array[] {
    return [this.bytes(node).subarray(offset, offset + size)];
  }

  open(): number {
    return 0;
  }

  release(): void {
    // Nothing is kept for a handle.
  }

  forget(): void {
    // What is kept is bounded.
  }

  cancel(): boolean {
    return false;
  }

  rendered(): void {
    throw new TypeError("no worker was given a text");
  }

  progress(): string | undefined {
    return undefined;
  }

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
    const { object, part, view } = node;
    if (object.kind === "dataset" && view !== "attrs.json" && viewSubject(object, part).decodedBytes > MAX_DATA) {
      throw new UnsupportedError(
        `${node.path}: a text of more than ${MAX_DATA} bytes of data is not made while the file is mounted for writing; ` +
          "read it as .npy or .bin, or mount it read-only",
        { path: node.path },
      );
    }
    this.#sink.length = 0;
    renderWhole(nodeText(node, this.#reader), this.#sink);
    const bytes = this.#sink.bytes.slice(0, this.#sink.length);
    this.#texts.set(key, { bytes });
    return bytes;
  }
}
