import { RangeReader } from "../src/chunk/read-range.ts";
import type { H5Error } from "../src/errors.ts";
import { ByteSink } from "../src/object/text/byte-sink.ts";
import { renderCheap } from "../src/tree/cheap-text.ts";
import type { FileNode } from "../src/tree/node.ts";
import { describeText, nodeText, type TextDescription } from "../src/tree/open-text.ts";
import { decodeTextIndex } from "../src/view/text-index.ts";
import { IndexFiles } from "./index-files.ts";
import type { IndexFolder } from "./index-folder.ts";
import type { Job, Rendered } from "./job.ts";
import { Passes } from "./passes.ts";
import { type KeptText, TextMemory } from "./text-memory.ts";
import { type TextAnswers, TextProgress } from "./text-progress.ts";

export interface TextStoreSetup {
  /** Bytes of text to keep. */
  readonly capacity: number;
  readonly workerCount: number;
  readonly answers: {
    size(unique: number, node: FileNode, size: number): void;
    /** The parts are their receiver's only until it returns. */
    data(unique: number, parts: readonly Uint8Array[]): void;
    failure(unique: number, error: H5Error): void;
  };
  readonly indexes: IndexFolder | undefined;
  post(job: Job): void;
  /** Is given what a person should know of, a line at a time. */
  log(line: string): void;
}

/** What a session needs of the texts. */
export type Texts = Pick<
  TextStore,
  "size" | "awaitSize" | "forget" | "open" | "release" | "read" | "cancel" | "rendered" | "progress" | "problem"
>;

/** Bytes that are rendered before a sequential reader asks for them. */
const READ_AHEAD = 2 ** 21;

/** A pass over less text is not worth a file. */
const MIN_SAVED = 2 ** 20;

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
  readonly #answers: TextAnswers;
  readonly #memory: TextMemory;
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
  readonly #passes: Passes;
  readonly #indexes: IndexFiles | undefined;
  readonly #reader = new RangeReader("native", 2 ** 20);
  readonly #sink = new ByteSink();

  constructor(setup: TextStoreSetup) {
    this.#setup = setup;
    this.#memory = new TextMemory(setup.capacity);
    this.#passes = new Passes(setup.log);
    this.#indexes = setup.indexes && new IndexFiles(setup.indexes);
    this.#answers = {
      size: (unique, size) => this.#waited(unique, ({ node }) => setup.answers.size(unique, node, size)),
      data: (unique, parts) => this.#waited(unique, () => setup.answers.data(unique, parts)),
      failure: (unique, error) => this.#waited(unique, () => setup.answers.failure(unique, error)),
    };
  }

  /** Bytes; `undefined` where only a pass over the data will tell. Never waits. */
  size(node: FileNode): number | undefined {
    const { key } = node;
    const text = this.#texts.get(key);
    if (text !== undefined) return text.size;
    const cheap = this.#cheapSizes.get(key) ?? this.#cheapSize(node, key);
    if (cheap !== undefined) return cheap;
    const saved = this.#savedName(describeText(node));
    if (saved === undefined || this.#indexes?.has(saved) !== true) return undefined;
    return this.#text(node).size;
  }

  /** `answers` will be told the size. @throws H5Error where the node has no text */
  awaitSize(node: FileNode, unique: number): void {
    const text = this.#text(node);
    this.#waiting.set(unique, { text, node });
    text.awaitSize(unique);
    this.#passes.begin(text, node.path);
    this.#activate(text);
  }

  /**
   * The kernel no longer knows the node: what is made again at once is not kept. Of parts there are as many as anybody asks
   * for, so that not even what took a pass is; of a whole dataset the index is kept for the life of the mount.
   */
  forget(node: FileNode): void {
    this.#cheapSizes.delete(node.key);
    const text = this.#texts.get(node.key);
    if (node.part === undefined || text === undefined || !text.isIdle) return;
    this.#active.delete(text);
    this.#texts.delete(node.key);
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
   * The bytes, in parts that are the caller's only until it calls again; `undefined`: `answers` will be told them. Fewer than
   * `size` only at the end of the text, and before elements that cannot be read. @throws H5Error where the node has no text
   */
  read(
    node: FileNode,
    handle: number,
    unique: number,
    offset: number,
    size: number,
  ): readonly Uint8Array[] | undefined {
    const cheap = this.#texts.has(node.key) ? undefined : this.#cheap(node);
    if (cheap !== undefined) return [cheap.bytes.subarray(offset, offset + size)];
    const text = this.#text(node);
    const end = offset + size;
    const parts = text.read(unique, offset, size);
    if (parts === undefined) this.#waiting.set(unique, { text, node });
    // A second read where the first one ended: a third will come.
    if (offset > 0 && this.#handles.get(handle) === offset) text.readAhead(end, end + READ_AHEAD);
    if (this.#handles.has(handle)) this.#handles.set(handle, end);
    this.#activate(text);
    return parts;
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
    // A part that was forgotten meanwhile.
    if (text === undefined) return;
    const wasMeasured = text.size !== undefined;
    text.accept(result);
    this.#passes.look(text);
    if (!wasMeasured && text.size !== undefined) this.#save(text);
    this.#activate(text);
  }

  /** How far the pass over a text's data is; `undefined` where none has been needed. */
  progress(node: FileNode): string | undefined {
    const text = this.#texts.get(node.key);
    if (text === undefined) return undefined;
    if (text.size !== undefined) return "done";
    const { done, total } = text.rows;
    return `${done} of ${total} rows`;
  }

  /** Why the text, or the rest of it, could not be made. */
  problem(node: FileNode): H5Error | undefined {
    return this.#texts.get(node.key)?.failure;
  }

  #text(node: FileNode): TextProgress {
    let text = this.#texts.get(node.key);
    if (text === undefined) {
      const made = nodeText(node, this.#reader);
      text = new TextProgress(node.key, describeText(node), made, this.#memory, this.#answers);
      const name = this.#savedName(describeText(node));
      const saved = name === undefined ? undefined : this.#indexes?.load(name);
      const index = saved && decodeTextIndex(saved, made.format.elementCount);
      if (index !== undefined) text.restore(index);
      this.#texts.set(node.key, text);
    }
    return text;
  }

  #save(text: TextProgress): void {
    const folder = this.#setup.indexes;
    const name = this.#savedName(text.description);
    if (folder === undefined || name === undefined || text.index.length < MIN_SAVED) return;
    this.#setup.post({ kind: "save", folder, text: name, bytes: text.index.encode() });
  }

  #savedName(text: TextDescription): string | undefined {
    const folder = this.#setup.indexes;
    return folder === undefined ? undefined : indexName(text, folder);
  }

  /** The text itself is not kept: few of the files that are listed are read. */
  #cheapSize(node: FileNode, key: string): number | undefined {
    if (!renderCheap(node, this.#reader, this.#sink)) return undefined;
    this.#cheapSizes.set(key, this.#sink.length);
    return this.#sink.length;
  }

  #cheap(node: FileNode): KeptText | undefined {
    const kept = this.#memory.get(node.key);
    if (kept !== undefined) return kept;
    if (!renderCheap(node, this.#reader, this.#sink)) return undefined;
    return this.#memory.keep(node.key, this.#sink.take());
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
      const memory = range.keep ? this.#memory.takeSpare() : undefined;
      this.#setup.post({ kind: "render", key: text.key, text: text.description, ...range, memory });
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

/**
 * Names a text among those of the mounted file: by all that decides how it looks. `undefined`: it is of another file, of
 * whose state the folder knows nothing.
 */
function indexName({ object, name, view, part }: TextDescription, folder: IndexFolder): string | undefined {
  return object.snapshot.fd === folder.fd ? JSON.stringify({ address: object.address, name, view, part }) : undefined;
}
