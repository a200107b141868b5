import { LRUCache } from "lru-cache";
import { RangeReader } from "../src/chunk/read-range.ts";
import type { H5Error } from "../src/errors.ts";
import { ByteSink } from "../src/object/text/byte-sink.ts";
import { cheapText } from "../src/tree/cheap-text.ts";
import type { FileNode } from "../src/tree/node.ts";
import { describeText, nodeText } from "../src/tree/open-text.ts";
import type { Job, Rendered } from "./job.ts";
import { TextProgress, type TextSetting } from "./text-progress.ts";

export interface TextStoreSetup {
  /** Bytes of text to keep. */
  readonly capacity: number;
  readonly workerCount: number;
  readonly answers: {
    size(unique: number, node: FileNode, size: number): void;
    data(unique: number, bytes: Uint8Array): void;
    failure(unique: number, error: H5Error): void;
  };
  post(job: Job): void;
}

/** Bytes that are rendered before a sequential reader asks for them. */
const READ_AHEAD = 2 ** 21;

/** Where a parked request waits, and about which node. */
interface Waiting {
  readonly text: TextProgress;
  readonly node: FileNode;
}

/**
 * The texts of views. A size is known at once where the text is so cheap to make that it is made; else when a pass over
 * the data is complete, which workers do in pieces, no further than somebody waits for. Sizes and indexes are kept for
 * the life of the mount; the texts, by blocks, while there is room.
 */
export class TextStore {
  readonly #setup: TextStoreSetup;
  readonly #setting: TextSetting;
  /** Texts and blocks of texts, by name. */
  readonly #kept: LRUCache<string, Uint8Array>;
  /** The sizes of the cheap ones. */
  readonly #cheapSizes = new Map<string, number>();
  readonly #texts = new Map<string, TextProgress>();
  /** The texts of which more may be wanted; the one whose turn it was is last. */
  readonly #active = new Set<TextProgress>();
  readonly #waiting = new Map<number, Waiting>();
  /** Of each open handle, the offset where its last read ended. */
  readonly #handles = new Map<number, number>();
  #nextHandle = 1;
  /** Jobs that workers have. */
  #posted = 0;
  readonly #reader = new RangeReader("native", 2 ** 20);
  readonly #sink = new ByteSink();

  constructor(setup: TextStoreSetup) {
    this.#setup = setup;
    const kept = new LRUCache<string, Uint8Array>({
      maxSize: setup.capacity,
      sizeCalculation: (text) => text.length + 1,
    });
    this.#kept = kept;
    this.#setting = {
      keepBelow: setup.capacity / 2,
      blocks: {
        get: (key, { first }) => kept.get(`${key}/${first}`),
        set: (key, { first }, bytes) => kept.set(`${key}/${first}`, bytes),
      },
      answers: {
        size: (unique, size) => this.#waited(unique, ({ node }) => setup.answers.size(unique, node, size)),
        data: (unique, bytes) => this.#waited(unique, () => setup.answers.data(unique, bytes)),
        failure: (unique, error) => this.#waited(unique, () => setup.answers.failure(unique, error)),
      },
    };
  }

  /** Bytes; `undefined` where only a pass over the data will tell. Never waits. */
  size(node: FileNode): number | undefined {
    const text = this.#texts.get(node.key);
    if (text !== undefined) return text.size;
    return this.#cheapSizes.get(node.key) ?? this.#cheap(node)?.length;
  }

  /** `answers` will be told the size. @throws H5Error where the node has no text */
  awaitSize(node: FileNode, unique: number): void {
    const text = this.#text(node);
    text.awaitSize(unique);
    this.#await(unique, { text, node });
  }

  /** A handle for a sequence of reads. */
  open(): number {
    const handle = this.#nextHandle++;
    this.#handles.set(handle, 0);
    return handle;
  }

  release(handle: number): void {
    this.#handles.delete(handle);
  }

  /**
   * The bytes; `undefined`: `answers` will be told them. Fewer than `size` only at the end of the text, and before
   * elements that cannot be read. @throws H5Error where the node has no text
   */
  read(node: FileNode, handle: number, unique: number, offset: number, size: number): Uint8Array | undefined {
    const cheap = this.#texts.has(node.key) ? undefined : this.#cheap(node);
    if (cheap !== undefined) return cheap.subarray(offset, offset + size);
    const text = this.#text(node);
    const bytes = text.read(unique, offset, size);
    const end = offset + size;
    // A second read where the first one ended: a third will come.
    if (offset > 0 && this.#handles.get(handle) === offset) text.readAhead(end, end + READ_AHEAD);
    if (this.#handles.has(handle)) this.#handles.set(handle, end);
    if (bytes === undefined) this.#await(unique, { text, node });
    else this.#activate(text);
    return bytes;
  }

  /** True where the request waited here: it no longer does, and the caller is to answer it. */
  cancel(unique: number): boolean {
    this.#waiting.get(unique)?.text.cancel(unique);
    return this.#waiting.delete(unique);
  }

  /** A worker is done with a piece of a text. */
  rendered(result: Rendered): void {
    this.#posted--;
    const text = this.#texts.get(result.key);
    if (text === undefined) throw new TypeError(`a text was rendered that nobody knows: ${result.key}`);
    text.accept(result);
    this.#activate(text);
  }

  #text(node: FileNode): TextProgress {
    let text = this.#texts.get(node.key);
    if (text === undefined) {
      text = new TextProgress(node.key, describeText(node), nodeText(node, this.#reader), this.#setting);
      this.#texts.set(node.key, text);
    }
    return text;
  }

  #cheap(node: FileNode): Uint8Array | undefined {
    const kept = this.#kept.get(node.key);
    if (kept !== undefined) return kept;
    const made = cheapText(node, this.#reader, this.#sink);
    if (made === undefined) return undefined;
    this.#cheapSizes.set(node.key, made.length);
    this.#kept.set(node.key, made);
    return made;
  }

  #await(unique: number, waiting: Waiting): void {
    this.#waiting.set(unique, waiting);
    this.#activate(waiting.text);
  }

  /** It waits no longer. */
  #waited(unique: number, answer: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(unique);
    this.#waiting.delete(unique);
    if (waiting !== undefined) answer(waiting);
  }

  #activate(text: TextProgress): void {
    this.#active.add(text);
    this.#post();
  }

  /**
   * Keeps the workers busy, the texts in turn, and no more than that: a request for something else waits for the jobs
   * given before it.
   */
  #post(): void {
    while (this.#posted < this.#setup.workerCount + 1) {
      const text = this.#nextText();
      if (text === undefined) return;
      const range = text.next();
      this.#active.delete(text);
      if (range === undefined) continue;
      this.#active.add(text);
      this.#posted++;
      this.#setup.post({ kind: "render", key: text.key, text: text.description, ...range });
    }
  }

  /** Somebody who reads comes before those who want to know a size. */
  #nextText(): TextProgress | undefined {
    let first: TextProgress | undefined;
    for (const text of this.#active) {
      if (text.isRead) return text;
      first ??= text;
    }
    return first;
  }
}
