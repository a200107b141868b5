import { RangeReader } from "../src/chunk/read-range.ts";
import { H5Error } from "../src/errors.ts";
import { ByteSink } from "../src/object/text/byte-sink.ts";
import { renderCheap } from "../src/tree/cheap-text.ts";
import type { FileNode } from "../src/tree/node.ts";
import { describeText, knownSize, nodeText, type TextDescription } from "../src/tree/open-text.ts";
import { decodeTextIndex, type TextIndex } from "../src/view/text-index.ts";
import { IndexFiles } from "./index-files.ts";
import type { IndexFolder } from "./index-folder.ts";
import type { Job, Rendered } from "./job.ts";
import { Passes } from "./passes.ts";
import type { ReadStates } from "./read-states.ts";
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
  readonly states: ReadStates;
  post(job: Job): void;
  /** Is given what a person should know of, a line at a time. */
  log(line: string): void;
}

/** What a session needs of the texts. */
export type Texts = Pick<
  TextStore,
  | "size"
  | "awaitSize"
  | "forget"
  | "open"
  | "release"
  | "read"
  | "cancel"
  | "rendered"
  | "progress"
  | "problem"
  | "restore"
  | "index"
>;

/** Bytes that are rendered before a sequential reader asks for them. */
const READ_AHEAD = 2 ** 21;

/** A pass over less text is not worth a file. */
const MIN_SAVED = 2 ** 20;

/** A text that is followed, in one state of the file. */
interface Followed {
  /** As it was met last. */
  node: FileNode;
  readonly state: string;
  /** When it was described to the workers. */
  epoch: number;
  readonly text: TextProgress;
}

/** Where a parked request waits. */
interface Waiting {
  readonly followed: Followed;
  /** Asks once more, where the text has become another meanwhile. @throws H5Error */
  again(): void;
}

/**
 * The texts of views. A size is known at once where the text is so cheap to make that it is made; else when a pass over
 * the data is complete, which workers do in pieces, no further than somebody waits for. Sizes and indexes are kept for
 * the life of the mount; the texts, by blocks, while there is room. Of a file that changes, a text is one of its states:
 * whoever waits for it when it becomes another waits for that one.
 */
export class TextStore {
  readonly #setup: TextStoreSetup;
  readonly #answers: TextAnswers;
  readonly #memory: TextMemory;
  /** The sizes of the cheap ones, and of those whose size follows from metadata, by the keys of their nodes. */
  readonly #cheapSizes = new Map<string, { readonly state: string; readonly size: number }>();
  /** The others, by the keys of their nodes. */
  readonly #texts = new Map<string, Followed>();
  /** The same by their own keys. */
  readonly #byKey = new Map<string, Followed>();
  /** The texts of which more may be wanted; the one whose turn it was is last. */
  readonly #active = new Set<Followed>();
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
      size: (unique, size) => this.#waited(unique, ({ followed }) => setup.answers.size(unique, followed.node, size)),
      data: (unique, parts) => this.#waited(unique, () => setup.answers.data(unique, parts)),
      failure: (unique, error) => this.#waited(unique, () => setup.answers.failure(unique, error)),
    };
  }

  /** Bytes; `undefined` where only a pass over the data will tell. Never waits. */
  size(node: FileNode): number | undefined {
    const followed = this.#current(node);
    if (followed !== undefined) return followed.text.size;
    const cheap = this.#cheapSize(node);
    if (cheap !== undefined) return cheap;
    if (this.#indexes === undefined) return undefined;
    const saved = this.#savedName(describeText(node));
    if (saved === undefined || !this.#indexes.has(saved)) return undefined;
    return this.#text(node).text.size;
  }

  /** `answers` will be told the size. @throws H5Error where the node has no text */
  awaitSize(node: FileNode, unique: number): void {
    const followed = this.#text(node);
    this.#waiting.set(unique, { followed, again: () => this.awaitSize(node, unique) });
    followed.text.awaitSize(unique);
    this.#passes.begin(followed.text, node.path);
    this.#activate(followed);
  }

  /**
   * The kernel no longer knows the node: what is made again at once is not kept. Of parts there are as many as anybody asks
   * for, so that not even what took a pass is; of a whole dataset the index is kept for the life of the mount.
   */
  forget(node: FileNode): void {
    this.#cheapSizes.delete(node.key);
    const followed = this.#texts.get(node.key);
    if (node.part !== undefined && followed?.text.isIdle === true) this.#drop(followed);
  }

  /** What is known of a text from now on. */
  restore(node: FileNode, index: TextIndex): void {
    const { text } = this.#text(node);
    const isOfText = index.isComplete && index.elementCount === text.index.elementCount;
    if (isOfText && text.isIdle && text.size === undefined) text.restore(index);
  }

  /** Where the blocks of a text are; `undefined`: it has not been measured. */
  index(node: FileNode): TextIndex | undefined {
    const index = this.#current(node)?.text.index;
    return index?.isComplete === true ? index : undefined;
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
    const cheap = this.#current(node) === undefined ? this.#cheap(node) : undefined;
    if (cheap !== undefined) return [cheap.bytes.subarray(offset, offset + size)];
    const followed = this.#text(node);
    const { text } = followed;
    const end = offset + size;
    const parts = text.read(unique, offset, size);
    if (parts === undefined) {
      const again = (): void => {
        const now = this.read(node, handle, unique, offset, size);
        if (now !== undefined) this.#setup.answers.data(unique, now);
      };
      this.#waiting.set(unique, { followed, again });
    }
    // A second read where the first one ended: a third will come.
    if (offset > 0 && this.#handles.get(handle) === offset) text.readAhead(end, end + READ_AHEAD);
    if (this.#handles.has(handle)) this.#handles.set(handle, end);
    this.#activate(followed);
    return parts;
  }

  /** True where the request waited here: it no longer does, and the caller is to answer it. */
  cancel(unique: number): boolean {
    this.#waiting.get(unique)?.followed.text.cancel(unique);
    return this.#waiting.delete(unique);
  }

  /** A worker is done with a piece of a text. */
  rendered(result: Rendered): void {
    this.#posted--;
    const followed = this.#byKey.get(result.key);
    // A part that was forgotten meanwhile, or another text now.
    if (followed === undefined || !this.#isCurrent(followed)) {
      this.#post();
      return;
    }
    const { text } = followed;
    const wasMeasured = text.size !== undefined;
    text.accept(result);
    this.#passes.look(text);
    if (!wasMeasured && text.size !== undefined) this.#save(text);
    this.#activate(followed);
  }

  /** How far the pass over a text's data is; `undefined` where none has been needed. */
  progress(node: FileNode): string | undefined {
    const text = this.#current(node)?.text;
    if (text === undefined) return undefined;
    if (text.size !== undefined) return "done";
    const { done, total } = text.rows;
    return `${done} of ${total} rows`;
  }

  /** Why the text, or the rest of it, could not be made. */
  problem(node: FileNode): H5Error | undefined {
    return this.#current(node)?.text.failure;
  }

  /** The node's text as it is now, where that is followed. */
  #current(node: FileNode): Followed | undefined {
    const followed = this.#texts.get(node.key);
    if (followed === undefined || !this.#isCurrent(followed, node)) return undefined;
    return followed;
  }

  /** False: the text has become another; it is not followed any more, and who waited for it has asked again. */
  #isCurrent(followed: Followed, node = followed.node): boolean {
    followed.node = node;
    if (this.#setup.states.text(node) === followed.state) return true;
    this.#leave(followed, (waiting) => waiting.again());
    return false;
  }

  /** It is not followed any more. @param instead is called for who waits for it; what it throws is the answer */
  #leave(followed: Followed, instead: (waiting: Waiting) => void): void {
    this.#drop(followed);
    for (const [unique, waiting] of [...this.#waiting]) {
      if (waiting.followed !== followed) continue;
      this.cancel(unique);
      try {
        instead(waiting);
      } catch (error) {
        if (!(error instanceof H5Error)) throw error;
        this.#setup.answers.failure(unique, error);
      }
    }
    this.#passes.look(followed.text);
  }

  #drop(followed: Followed): void {
    this.#active.delete(followed);
    this.#texts.delete(followed.node.key);
    this.#byKey.delete(followed.text.key);
  }

  #text(node: FileNode): Followed {
    // Who waited for the text that it was may have asked for the one that it is.
    const current = this.#current(node) ?? this.#texts.get(node.key);
    if (current !== undefined) return current;
    const { states } = this.#setup;
    const made = nodeText(node, this.#reader);
    const description = describeText(node);
    const text = new TextProgress(this.#keyOf(node), description, made, this.#memory, this.#answers);
    const name = this.#savedName(description);
    const saved = name === undefined || made.known !== undefined ? undefined : this.#indexes?.load(name);
    const index = saved && decodeTextIndex(saved, made.format.elementCount);
    if (index !== undefined) text.restore(index);
    const followed = { node, state: states.text(node), epoch: states.epoch, text };
    this.#texts.set(node.key, followed);
    this.#byKey.set(text.key, followed);
    return followed;
  }

  /** Tells the node's text, as it is now, from every other. */
  #keyOf(node: FileNode): string {
    return `${node.key}@${this.#setup.states.text(node)}`;
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
  #cheapSize(node: FileNode): number | undefined {
    const { key } = node;
    const state = this.#setup.states.text(node);
    const known = this.#cheapSizes.get(key);
    if (known?.state === state) return known.size;
    this.#cheapSizes.delete(key);
    const size =
      knownSize(node, this.#reader) ?? (renderCheap(node, this.#reader, this.#sink) ? this.#sink.length : undefined);
    if (size !== undefined) this.#cheapSizes.set(key, { state, size });
    return size;
  }

  #cheap(node: FileNode): KeptText | undefined {
    const key = this.#keyOf(node);
    const kept = this.#memory.get(key);
    if (kept !== undefined) return kept;
    if (!renderCheap(node, this.#reader, this.#sink)) return undefined;
    return this.#memory.keep(key, this.#sink.take());
  }

  /** It waits no longer. */
  #waited(unique: number, answer: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(unique);
    this.#waiting.delete(unique);
    if (waiting !== undefined) answer(waiting);
  }

  #activate(followed: Followed): void {
    this.#active.add(followed);
    this.#post();
  }

  /**
   * Keeps the workers busy, the texts in turn, and no more than that: a request for something else waits for the jobs
   * given before it.
   */
  #post(): void {
    while (this.#posted < this.#setup.workerCount + 1) {
      const followed = this.#nextText();
      if (followed === undefined) return;
      if (!this.#isCurrent(followed) || !this.#isDescribed(followed)) continue;
      const { text } = followed;
      const range = text.next();
      this.#active.delete(followed);
      if (range === undefined) continue;
      this.#active.add(followed);
      this.#posted++;
      const memory = range.keep ? this.#memory.takeSpare() : undefined;
      this.#setup.post({ kind: "render", key: text.key, text: text.description, ...range, memory });
    }
  }

  /** Describes the text anew where the workers are not to read by the description any more that they had. False: it cannot be read. */
  #isDescribed(followed: Followed): boolean {
    const { epoch } = this.#setup.states;
    if (followed.epoch === epoch) return true;
    try {
      followed.text.description = describeText(followed.node);
      followed.epoch = epoch;
      return true;
    } catch (error) {
      if (!(error instanceof H5Error)) throw error;
      this.#leave(followed, () => {
        throw error;
      });
      return false;
    }
  }

  /** Somebody who reads comes before those who want to know a size. */
  #nextText(): Followed | undefined {
    let first: Followed | undefined;
    for (const followed of this.#active) {
      if (followed.text.isRead) return followed;
      first ??= followed;
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
