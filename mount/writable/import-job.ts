import { RangeReader } from "../../src/chunk/read-range.ts";
import { H5Error } from "../../src/errors.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import type { FilterSpec } from "../../src/object/filter-spec.ts";
import { childPath, Group } from "../../src/object/group.ts";
import { isFileNode } from "../../src/object/pytables.ts";
import { releaseObject } from "../../src/object/unlink.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { cacheName } from "../../src/tree/element-source.ts";
import { posixMetadata, type Timestamp } from "../../src/tree/posix-metadata.ts";
import { messageOfFailure } from "../errno.ts";
import { type FileBytes, type ImportPlan, planImport } from "./import-plan.ts";
import type { LiveFile } from "./live-file.ts";
import { hardLink, putLink, takeLink } from "./names.ts";
import { turnFile } from "./turn-file.ts";

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
  readonly view: ImportPlan["view"];
  readonly stem: string;
}

/** How a job is: not done; done; dropped, because the file has changed or must stay one. */
export type JobState =
  | { readonly kind: "working" | "done" | "changed" }
  | { readonly kind: "refused"; readonly problem: string };

const WORKING: JobState = { kind: "working" };

/** Milliseconds for which nobody else is answered. */
const SLICE = 10;

/** One file that is turned into a dataset, a slice of work at a time. */
export class ImportJob {
  readonly #live: LiveFile;
  readonly #linked: LinkedFile;
  readonly #name: ImportName;
  readonly #isForced: boolean;
  readonly #started: Timestamp | undefined;
  readonly #reader = new RangeReader("native", 2 ** 22);
  readonly #planning: Generator<undefined, ImportPlan>;
  #turning: Generator<undefined, void, FileTransaction> | undefined;
  /** Of the new dataset that no link leads to, in this transaction, and as far as it is published. */
  #made: number | undefined;
  #published: number | undefined;

  /** @throws H5Error where the link does not lead to a file with one name */
  constructor(live: LiveFile, linked: LinkedFile, name: ImportName, isForced: boolean) {
    this.#live = live;
    this.#linked = linked;
    this.#name = name;
    this.#isForced = isForced;
    this.#started = changeTime(this.#dataset());
    if (!this.#isCurrent()) throw new H5Error("argument", `${linked.link} is no file of one name`);
    this.#planning = planImport(name.view, this.#bytes(), {
      sizeOfOffsets: live.file.context.sizeOfOffsets,
      filters: linked.filters,
      isForced,
    });
  }

  /** Works for some milliseconds. */
  step(): JobState {
    try {
      if (!this.#isCurrent()) {
        this.abandon();
        return { kind: "changed" };
      }
      const end = performance.now() + SLICE;
      return this.#turning === undefined ? this.#plan(end) : this.#turn(this.#turning, end);
    } catch (error) {
      const problem = messageOfFailure(error);
      this.abandon();
      return { kind: "refused", problem };
    }
  }

  /** What was made is not wanted any more. */
  abandon(): void {
    const made = this.#published;
    this.#published = undefined;
    if (made !== undefined) this.#live.transaction((transaction) => releaseObject(transaction, made));
  }

  #plan(end: number): JobState {
    do {
      const step = this.#planning.next();
      if (step.done === true) {
        this.#turning = this.#turningTo(step.value);
        // Up to the point where it wants its first transaction.
        this.#turning.next();
        return this.#turn(this.#turning, end);
      }
    } while (performance.now() < end);
    return WORKING;
  }

  #turn(turning: Generator<undefined, void, FileTransaction>, end: number): JobState {
    const isDone = this.#live.transaction((transaction) => {
      do {
        if (turning.next(transaction).done === true) return true;
      } while (performance.now() < end);
      return false;
    });
    this.#published = isDone ? undefined : this.#made;
    return isDone ? { kind: "done" } : WORKING;
  }

  #turningTo(plan: ImportPlan): Generator<undefined, void, FileTransaction> {
    const { group, link, address } = this.#linked;
    const parent = this.#group();
    const { stem } = this.#name;
    const isTaken = isReserved(stem) || parent.link(stem) !== undefined;
    return turnFile({
      file: this.#live.file,
      address,
      bytes: this.#bytes(),
      place: { group: parent, path: childPath(parent.path, stem) },
      plan,
      bare: isTaken ? [link] : [],
      isForced: this.#isForced,
      made: (made) => {
        this.#made = made;
      },
      last: (transaction) => {
        if (isTaken) return;
        if (this.#group().link(stem) !== undefined) throw new H5Error("exists", `there is ${stem} already`);
        takeLink(transaction, group, link);
        putLink(transaction, group, hardLink(stem, address));
      },
    });
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

  #bytes(): FileBytes {
    const [size = 0] = this.#dataset().dims;
    return {
      size,
      read: (offset, length) => {
        const dataset = this.#dataset();
        return this.#reader.read(dataset, cacheName(dataset), offset, length);
      },
    };
  }
}

function changeTime(dataset: Dataset): Timestamp | undefined {
  return posixMetadata(dataset)?.ctime;
}

/** PyTables' own: the indexes of a table, and what is hidden. */
function isReserved(name: string): boolean {
  return /^_[ip]_/.test(name);
}
