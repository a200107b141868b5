import { H5Error } from "../../errors.ts";

/** A state that others may still read: until it is released, nothing that it has is overwritten. */
export interface Pin {
  release(): void;
}

/** The states of a file that are still being read. */
export class Pins {
  readonly #waitForReaders: (() => void) | undefined;
  #count = 0;

  /** @param waitForReaders returns once none is pinned, for no new one is pinned meanwhile; `undefined`: they are not waited for */
  constructor(waitForReaders: (() => void) | undefined) {
    this.#waitForReaders = waitForReaders;
  }

  pin(): Pin {
    this.#count++;
    let isReleased = false;
    return {
      release: () => {
        if (!isReleased) this.#count--;
        isReleased = true;
      },
    };
  }

  /** None is left when `wait` returns. */
  get canWait(): boolean {
    return this.#count === 0 || this.#waitForReaders !== undefined;
  }

  /** @throws H5Error where one is left @param name of the file */
  wait(name: string): void {
    if (this.#count > 0) this.#waitForReaders?.();
    if (this.#count > 0) throw new H5Error("argument", `${name}: a state of it is still being read`);
  }
}
