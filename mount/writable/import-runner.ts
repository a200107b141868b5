import { H5Error } from "../../src/errors.ts";
import type { ObjectReference } from "../../src/tree/object-reference.ts";
import { messageOfFailure } from "../errno.ts";
import type { ImportWork } from "../job.ts";
import type { ImportTarget, ImportView } from "./import-plan.ts";
import { type ImportSource, type ImportStep, importSteps } from "./import-steps.ts";

/** Whoever goes the way from a file to a dataset, which the engine follows. */
export interface ImportRunner {
  /** The next step; `undefined`: it is not done yet. @param end when to stop working, as `performance.now()` has it */
  next(end: number): ImportStep | undefined;
  /** False: `next` is worth it only after somebody else has done something. */
  readonly isReady: boolean;
  /** Nothing more is wanted. */
  drop(): void;
}

/** On the calling thread. */
export class LocalRunner implements ImportRunner {
  readonly #steps: Generator<ImportStep, undefined>;
  readonly isReady = true;

  constructor(view: ImportView, source: ImportSource, target: ImportTarget) {
    this.#steps = importSteps(view, source, target);
  }

  next(end: number): ImportStep {
    return untilStep(this.#steps, end);
  }

  drop(): void {
    this.#steps.return(undefined);
  }
}

export interface WorkerRunnerSetup {
  /** Tells the ways apart. */
  readonly id: number;
  readonly view: ImportView;
  readonly target: ImportTarget;
  /** The file in its present state. */
  file(): ObjectReference;
  /** The address of the new dataset's header. */
  made(): number | undefined;
  post(work: ImportWork): void;
}

/** By a worker, which goes on while the engine writes what it has given. */
export class WorkerRunner implements ImportRunner {
  readonly #setup: WorkerRunnerSetup;
  #begin: ImportWork["begin"];
  #isAsked = false;
  #arrived: ImportStep | undefined;

  constructor(setup: WorkerRunnerSetup) {
    this.#setup = setup;
    const { view, target } = setup;
    this.#begin = { view, target };
  }

  get id(): number {
    return this.#setup.id;
  }

  get isReady(): boolean {
    return !this.#isAsked;
  }

  next(): ImportStep | undefined {
    const step = this.#arrived;
    this.#arrived = undefined;
    // What comes after all elements needs them in their place.
    if (step === undefined || step.kind === "working" || step.kind === "planned" || step.kind === "elements")
      this.#ask();
    return step;
  }

  arrived(step: ImportStep): void {
    this.#isAsked = false;
    this.#arrived = step;
  }

  drop(): void {
    this.#setup.post({ kind: "import", id: this.#setup.id, begin: undefined, files: undefined });
  }

  #ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    const files = { file: this.#setup.file(), made: this.#setup.made() };
    this.#setup.post({ kind: "import", id: this.#setup.id, begin: this.#begin, files });
    this.#begin = undefined;
  }
}

/** The next step that is one, or where the work is at `end`. A failure is one, too. */
export function untilStep(steps: Generator<ImportStep, undefined>, end: number): ImportStep {
  try {
    for (;;) {
      const step = steps.next();
      if (step.done === true) throw new TypeError("there is no step after the last");
      if (step.value.kind !== "working" || performance.now() >= end) return step.value;
    }
  } catch (error) {
    if (!(error instanceof H5Error)) throw error;
    return { kind: "refused", problem: messageOfFailure(error) };
  }
}
