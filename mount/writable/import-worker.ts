import type { H5File } from "../../src/object/file.ts";
import type { ReferenceOpener } from "../../src/tree/object-reference.ts";
import type { ImportDone, ImportWork } from "../job.ts";
import { untilStep } from "./import-runner.ts";
import { type ImportStep, importSteps } from "./import-steps.ts";

/** Milliseconds after which a worker says how far it is: others wait for it, too. */
const SLICE = 15;

/** A file on its way to a dataset. */
interface Way {
  readonly steps: Generator<ImportStep, undefined>;
  file: H5File;
  made: number | undefined;
}

/** A worker's part in making datasets of files: it reads, parses and compares. */
export class ImportWorker {
  readonly #opener: ReferenceOpener;
  readonly #ways = new Map<number, Way>();

  constructor(opener: ReferenceOpener) {
    this.#opener = opener;
  }

  /** `undefined`: nothing was asked for but to stop. */
  work({ id, begin, files }: ImportWork): ImportDone | undefined {
    if (files === undefined) {
      this.#ways.delete(id);
      return undefined;
    }
    const { file } = this.#opener.open(files.file);
    const way = this.#ways.get(id) ?? this.#begun(id, begin, files.file.address, file);
    way.file = file;
    way.made = files.made;
    const step = untilStep(way.steps, performance.now() + SLICE);
    if (step.kind === "proven" || step.kind === "refused") this.#ways.delete(id);
    return { import: id, step };
  }

  #begun(id: number, begin: ImportWork["begin"], address: number, first: H5File): Way {
    if (begin === undefined) throw new TypeError("what was not begun cannot go on");
    const source = {
      address,
      file: () => way.file,
      made: () => way.made ?? 0,
    };
    const way: Way = { steps: importSteps(begin.view, source, begin.target), file: first, made: undefined };
    this.#ways.set(id, way);
    return way;
  }
}
