import { messageOfFailure } from "../errno.ts";
import type { Importer } from "./importer.ts";
import type { LiveFile } from "./live-file.ts";
import type { Metadata } from "./metadata.ts";
import type { NewFiles } from "./new-files.ts";
import type { OpenFiles } from "./open-files.ts";

/** What a mount does when nobody asks for anything. */
export class IdleWork {
  readonly #live: LiveFile;
  readonly #files: OpenFiles;
  readonly #metadata: Metadata;
  readonly #newFiles: NewFiles;
  readonly #importer: Importer;
  readonly #log: (line: string) => void;

  constructor(
    live: LiveFile,
    files: OpenFiles,
    metadata: Metadata,
    newFiles: NewFiles,
    importer: Importer,
    log: (line: string) => void,
  ) {
    this.#live = live;
    this.#files = files;
    this.#metadata = metadata;
    this.#newFiles = newFiles;
    this.#importer = importer;
    this.#log = log;
  }

  /** Milliseconds until `work` is to be called; -1: there is nothing to be done. */
  get due(): number {
    const [first, second] = [this.#live.due ?? -1, this.#importer.due ?? -1];
    const due = first < 0 || second < 0 ? Math.max(first, second) : Math.min(first, second);
    return due < 0 && this.#live.canSearchSpace ? 0 : due;
  }

  /**
   * Files become datasets, a slice of work at a time; when nobody has changed anything for some time, the file is made whole; after that, what
   * is free in it is looked for.
   */
  work(): void {
    if (this.#importer.due === 0) {
      // It makes names, too.
      this.#newFiles.settle();
      this.#importer.work();
    }
    if (this.#live.canSearchSpace) this.#orLater(() => this.#live.searchSpace());
    if (this.#live.due !== 0) return;
    // What cannot be stored keeps nobody else's changes from being made whole.
    this.#orLater(() => this.#files.publishFileNodes());
    this.#orLater(() => this.#newFiles.release());
    this.#orLater(() => this.#metadata.store(this.#live));
    this.#live.checkpoint();
  }

  /** The mount ends, and everything is closed. */
  finish(): void {
    this.#orLater(() => this.#importer.finish());
    this.#orLater(() => this.#newFiles.release());
    this.#orLater(() => this.#metadata.store(this.#live));
    this.#live.close();
  }

  /** What fails, as on a full disk, is not lost: whoever writes or syncs is told, and it is tried again after the next change. */
  #orLater(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#log(`what has changed is not in the file yet: ${messageOfFailure(error)}`);
    }
  }
}
