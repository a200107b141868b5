import { H5Error } from "../../src/errors.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import type { FilterSpec } from "../../src/object/filter-spec.ts";
import { childPath, Group } from "../../src/object/group.ts";
import { isFileNode } from "../../src/object/pytables.ts";
import { releaseObject } from "../../src/object/unlink.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { referenceTo } from "../../src/tree/object-reference.ts";
import { posixMetadata, type Timestamp } from "../../src/tree/posix-metadata.ts";
import { messageOfFailure } from "../errno.ts";
import type { ImportWork } from "../job.ts";
import type { ImportTarget, ImportView } from "./import-plan.ts";
import { type ImportRunner, LocalRunner, WorkerRunner } from "./import-runner.ts";
import type { ImportedElements, ImportStep } from "./import-steps.ts";
import type { LiveFile } from "./live-file.ts";
import { hardLink, putLink, takeLink } from "./names.ts";
import { NewDataset } from "./turn-file.ts";

/** A file by the link that leads to it. */
export interface LinkedFile {
  /** How messages call it. */
  readonly path: string;
  /** Of the group's header. */
  readonly group: number;
  readonly link: string;
  /** Of the file's. */
  readonly address: number;
  /** Of the dataset. */
  readonly filters: readonly FilterSpec[];
}

/** The view that a file is, by its name; the name that the dataset gets. */
export interface ImportName {
  readonly view: ImportView;
  readonly stem: string;
}

/** How a job is: not done; waiting for a worker; done; dropped, because the file has changed or must stay one. */
export type JobState =
  | { readonly kind: "working" | "waiting" | "changed" }
  /** @param index as `ImportStep` has it */
  | { readonly kind: "done"; readonly index: Uint8Array | undefined }
  | { readonly kind: "refused"; readonly problem: string };

/** By which a worker is asked. */
export interface ImportWorkers {
  /** No other job has had it. */
  readonly id: number;
  post(work: ImportWork): void;
}

const WORKING: JobState = { kind: "working" };
const WAITING: JobState = { kind: "waiting" };

/** Milliseconds for which nobody else is answered. */
const SLICE = 4;

/** Elements that refer to the heap are put there one by one: so many at a time. */
const ELEMENTS = 2048;

/** One file that is turned into a dataset, a slice of work at a time. */
export class ImportJob {
  readonly #live: LiveFile;
  readonly #linked: LinkedFile;
  readonly #name: ImportName;
  readonly #started: Timestamp | undefined;
  readonly #runner: ImportRunner;
  #made: NewDataset | undefined;
  /** What is to be written next: the elements' bytes from `from` on. */
  #batch: { readonly elements: ImportedElements; from: number } | undefined;
  /** How much of the way is behind it. */
  progress = 0;

  /**
   * @param workers where a worker does the reading and parsing
   * @throws H5Error where the link does not lead to a file with one name
   */
  constructor(
    live: LiveFile,
    linked: LinkedFile,
    name: ImportName,
    isForced: boolean,
    workers: ImportWorkers | undefined,
  ) {
    this.#live = live;
    this.#linked = linked;
    this.#name = name;
    this.#started = changeTime(this.#dataset());
    if (!this.#isCurrent()) throw new H5Error("argument", `${linked.link} is no file of one name`);
    const target: ImportTarget = {
      sizeOfOffsets: live.file.context.sizeOfOffsets,
      filters: linked.filters,
      isForced,
    };
    const { view } = name;
    this.#runner =
      workers === undefined
        ? new LocalRunner(view, { file: () => live.file, address: linked.address, made: () => this.#address() }, target)
        : new WorkerRunner({
            ...workers,
            view,
            target,
            file: () => referenceTo(this.#dataset()),
            made: () => this.#made?.address,
          });
  }

  /** False: only a worker can bring it on. */
  get isReady(): boolean {
    return this.#batch !== undefined || this.#runner.isReady;
  }

  /** A worker has done something. */
  arrived(id: number, step: ImportStep): void {
    if (this.#runner instanceof WorkerRunner && this.#runner.id === id) this.#runner.arrived(step);
  }

  /** Works for some milliseconds. */
  step(): JobState {
    try {
      if (!this.#isCurrent()) {
        this.abandon();
        return { kind: "changed" };
      }
      const end = performance.now() + SLICE;
      do {
        if (this.#batch !== undefined) {
          this.#write(end);
          continue;
        }
        const step = this.#runner.next(end);
        if (step === undefined) return WAITING;
        const state = this.#follow(step);
        if (state !== undefined) return state;
      } while (performance.now() < end);
      return WORKING;
    } catch (error) {
      const problem = messageOfFailure(error);
      this.abandon();
      return { kind: "refused", problem };
    }
  }

  /** What was made is not wanted any more. */
  abandon(): void {
    const made = this.#made;
    this.#made = undefined;
    this.#runner.drop();
    if (made !== undefined) this.#live.transaction((transaction) => releaseObject(transaction, made.address));
  }

  #follow(step: ImportStep): JobState | undefined {
    if ("progress" in step) this.progress = step.progress;
    switch (step.kind) {
      case "planned":
        this.#made = this.#live.transaction((transaction) => {
          const group = this.#group();
          return new NewDataset(transaction, step.plan, { group, path: childPath(group.path, this.#name.stem) });
        });
        return undefined;
      case "elements":
        this.#batch = { elements: step.elements, from: 0 };
        return undefined;
      case "proven":
        this.#live.transaction((transaction) => this.#finish(transaction));
        return { kind: "done", index: step.index };
      case "refused":
        throw new H5Error("argument", step.problem);
      default:
        return undefined;
    }
  }

  #write(end: number): void {
    const batch = this.#batch;
    const made = this.#made;
    if (batch === undefined || made === undefined) throw new TypeError("there is nothing to write to");
    const { bytes, values } = batch.elements;
    const step = values.lengths.length === 0 ? bytes.length : ELEMENTS * made.elementSize;
    this.#live.transaction((transaction) => {
      do {
        const to = Math.min(bytes.length, batch.from + step);
        made.write(transaction, batch.elements, batch.from, to);
        batch.from = to;
      } while (batch.from < bytes.length && performance.now() < end);
    });
    if (batch.from === bytes.length) this.#batch = undefined;
  }

  /** The file is the dataset from now on, under its name without the extension where that is free. */
  #finish(transaction: FileTransaction): void {
    const { group, link, address } = this.#linked;
    const { stem } = this.#name;
    const isTaken = isReserved(stem) || this.#group().link(stem) !== undefined;
    if (!isTaken) {
      takeLink(transaction, group, link);
      putLink(transaction, group, hardLink(stem, address));
    }
    this.#made?.replace(transaction, address, isTaken ? [link] : []);
  }

  #address(): number {
    if (this.#made === undefined) throw new TypeError("there is no dataset yet");
    return this.#made.address;
  }

  /** Every change of a file changes this time, too, and no two changes have the same. */
  #isCurrent(): boolean {
    try {
      const link = this.#group().link(this.#linked.link);
      if (link?.kind !== "hard" || link.address !== this.#linked.address) return false;
      const dataset = this.#dataset();
      const time = changeTime(dataset);
      const isSame = time?.seconds === this.#started?.seconds && time?.nanoseconds === this.#started?.nanoseconds;
      return isSame && isFileNode(dataset) && dataset.linkCount === 1;
    } catch (error) {
      // Another object is there now, or none.
      if (error instanceof H5Error) return false;
      throw error;
    }
  }

  #group(): Group {
    const object = this.#live.file.object(this.#linked.group);
    if (!(object instanceof Group)) throw new H5Error("not-a-group", `${object.path} is no group`);
    return object;
  }

  #dataset(): Dataset {
    const { address, path } = this.#linked;
    const object = this.#live.file.object(address, path);
    if (object.kind !== "dataset") throw new H5Error("argument", `${object.path} is no file`);
    return object;
  }
}

function changeTime(dataset: Dataset): Timestamp | undefined {
  return posixMetadata(dataset)?.ctime;
}

/** PyTables' own: the indexes of a table, and what is hidden. */
function isReserved(name: string): boolean {
  return /^_[ip]_/.test(name);
}
