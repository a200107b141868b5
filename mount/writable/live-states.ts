import { H5Error } from "../../src/errors.ts";
import type { Datatype } from "../../src/format/datatype.ts";
import type { WritableFile } from "../../src/object/writable-file.ts";
import type { Pin } from "../../src/storage/journal/pins.ts";
import { cacheName } from "../../src/tree/element-source.ts";
import type { FileNode } from "../../src/tree/node.ts";
import type { Job } from "../job.ts";
import type { Elements, ReadStates } from "../read-states.ts";
import type { WorkerPool } from "../worker-pool.ts";

/** How long a checkpoint waits for the workers' jobs, in milliseconds: one of them takes no second. */
const PATIENCE = 30_000;

/**
 * The states of a file that is written while workers read it. What they were given to read is pinned: nothing of it is
 * overwritten before they are done. Then a checkpoint may be made, and what was described to them before is not read any more.
 */
export class LiveStates implements ReadStates {
  readonly #pool: WorkerPool;
  #writable: WritableFile | undefined;
  #pin: Pin | undefined;
  #epoch = 0;

  constructor(pool: WorkerPool) {
    this.#pool = pool;
  }

  /** To be called before anything is read. */
  of(writable: WritableFile): void {
    this.#writable = writable;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Gives a worker what it is to read of the file as it is now. */
  post(job: Job): void {
    this.#pin ??= this.#writable?.pin();
    this.#pool.post(job);
  }

  /** Before a checkpoint. Where it takes too long, the checkpoint is made later. */
  waitForReaders(): void {
    if (!this.#pool.drain(PATIENCE)) return;
    this.#pin?.release();
    this.#pin = undefined;
    this.#epoch++;
  }

  text(node: FileNode): string {
    const writable = this.#writable;
    if (writable === undefined || node.file !== writable.read()) return "";
    try {
      // It heads a column.
      const { name } = node;
      return `${dependsOnAll(node) ? `all:${node.file.id}` : writable.stateOf(node.address)}:${name}`;
    } catch (error) {
      // Whoever reads it is told.
      if (error instanceof H5Error) return `unreadable:${node.file.id}`;
      throw error;
    }
  }

  elements(node: FileNode): Elements {
    const writable = this.#writable;
    if (node.file !== writable?.read()) return { dataset: cacheName(node), state: "" };
    return { dataset: `now:${node.address}`, state: `${writable.stateOf(node.address)}` };
  }
}

/** Whether the text may be another when other objects change: it has paths of them. */
export function dependsOnAll({ object, view }: FileNode): boolean {
  if (view === "attrs.json") return true;
  return view !== "bin" && view !== "npy" && object.kind === "dataset" && hasReferences(object.datatype);
}

function hasReferences(type: Datatype): boolean {
  switch (type.class) {
    case "reference":
      return true;
    case "vlen":
    case "array":
      return hasReferences(type.base);
    case "compound":
      return type.members.some((member) => hasReferences(member.type));
    default:
      return false;
  }
}
