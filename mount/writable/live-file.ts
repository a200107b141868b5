import type { H5File } from "../../src/object/file.ts";
import type { FileTransaction, WritableFile } from "../../src/object/writable-file.ts";

/** After so many milliseconds without a change the file is made whole for any other program. */
const IDLE = 1000;

/** The mounted file while it changes. */
export class LiveFile {
  readonly #writable: WritableFile;
  /** The file as it is now. */
  readonly file: H5File;
  /** When the last change was; `undefined`: a checkpoint has been made since. */
  #changed: number | undefined;

  constructor(writable: WritableFile) {
    this.#writable = writable;
    this.file = writable.read();
  }

  /** Publishes all that `change` did; an exception leaves the file as it was before. */
  transaction<T>(change: (transaction: FileTransaction) => T): T {
    this.changed();
    return this.#writable.transaction(change);
  }

  /** There is something that is to be stored soon. */
  changed(): void {
    this.#changed = performance.now();
  }

  /** What is published survives a power cut when this returns. */
  sync(): void {
    this.#writable.sync();
  }

  /** Milliseconds until a checkpoint is due; `undefined`: there is nothing to be done. */
  get due(): number | undefined {
    return this.#changed === undefined ? undefined : Math.max(0, this.#changed + IDLE - performance.now());
  }

  checkpoint(): void {
    this.#changed = undefined;
    this.#writable.checkpoint();
  }

  close(): void {
    this.#writable.close();
  }
}
