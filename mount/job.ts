import type { Plan } from "../src/chunk/select-plan.ts";
import type { Selection } from "../src/chunk/selection.ts";
import type { H5Error, H5ErrorKind } from "../src/errors.ts";
import type { ObjectReference } from "../src/tree/object-reference.ts";
import type { TextDescription } from "../src/tree/open-text.ts";
import type { TextBlock } from "../src/view/text-block.ts";
import type { IndexFolder } from "./index-folder.ts";
import type { ImportTarget, ImportView } from "./writable/import-plan.ts";
import type { ImportStep } from "./writable/import-steps.ts";

/** What the engine thread has a worker do. */
export type Job =
  | {
      /** Read, decode, and answer the READ request itself. */
      readonly kind: "read";
      readonly unique: number;
      readonly slot: number;
      /** Sent before the plan's bytes. */
      readonly prefix: Uint8Array;
      readonly plan: Plan;
      /** Where each planned chunk is decoded to; by position. */
      readonly chunks: readonly (SharedArrayBuffer | undefined)[];
    }
  | SelectJob
  | RenderJob
  | ImportWork
  | {
      /** Leave the index of a text to later mounts. */
      readonly kind: "save";
      readonly folder: IndexFolder;
      readonly text: string;
      readonly bytes: Uint8Array;
    };

/** Read a selection that needs more than can be planned at once, and answer the READ request itself. */
export interface SelectJob {
  readonly kind: "select";
  readonly unique: number;
  readonly slot: number;
  /** Sent before the selected bytes. */
  readonly prefix: Uint8Array;
  readonly object: ObjectReference;
  readonly selection: Selection;
  /** Of the selection's bytes. */
  readonly start: number;
  readonly length: number;
}

/** Format some elements of a text; the engine is told by a `Rendered` message. */
export interface RenderJob extends ElementRange {
  readonly kind: "render";
  /** Tells the texts apart. */
  readonly key: string;
  readonly text: TextDescription;
  /** To be used for the text, if there is any to spare. It is handed over. */
  readonly memory: ArrayBuffer | undefined;
}

/** Bring a file that becomes a dataset on by a step; the engine is told by an `ImportDone` message. All of one file is one worker's. */
export interface ImportWork {
  readonly kind: "import";
  /** Tells the files apart. */
  readonly id: number;
  /** The first time. */
  readonly begin: { readonly view: ImportView; readonly target: ImportTarget } | undefined;
  /** The file as it is now, and the address of the dataset that it becomes; `undefined`: nothing more is wanted, and nothing told. */
  readonly files: { readonly file: ObjectReference; readonly made: number | undefined } | undefined;
}

/** What became of an `ImportWork`. */
export interface ImportDone {
  /** The work's `id`. */
  readonly import: number;
  readonly step: ImportStep;
}

/** Elements of a text that a worker is to render. */
export interface ElementRange {
  readonly first: number;
  readonly count: number;
  /** The elements are one block of the index; else they lie beyond it, and may become several. */
  readonly isBlock: boolean;
  /** Whether the text itself is wanted, not its length alone. */
  readonly keep: boolean;
  /** Returned as it is given. */
  readonly attempt: number;
}

/** An H5Error on its way between threads. */
export interface ErrorMessage {
  readonly kind: H5ErrorKind;
  readonly message: string;
}

/** What became of a `RenderJob`. */
export interface Rendered {
  readonly key: string;
  readonly range: ElementRange;
  readonly blocks: readonly TextBlock[];
  readonly error: ErrorMessage | undefined;
}

/** The answer to a parked request, from a worker that cannot write to the kernel itself (transport libfuse). */
export type Answer =
  | { readonly unique: number; readonly bytes: Uint8Array }
  | { readonly unique: number; readonly errno: number };

/** What a worker tells the thread that has the session. */
export type WorkerMessage = Rendered | ImportDone | Answer;

/** How a worker answers READ requests: the bytes are put into `room`, and then sent. */
export interface ReadReplier {
  room(length: number): Uint8Array;
  sendRoom(unique: number, length: number): void;
  failure(unique: number, error: H5Error): void;
}
