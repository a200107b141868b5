/** An array of elements of one size, being changed. */
export interface ArrayEditor {
  /** Of its header. */
  readonly address: number;
  /** A view; `undefined`: the block or page that the element would be in is not there. */
  get(index: number): Uint8Array | undefined;
  /** Makes the blocks and pages that it takes. @throws H5Error "limit" where the array has no such element */
  set(index: number, element: Uint8Array): void;
  /** Writes what was changed. */
  flush(): void;
}

/** How an array is to be made. */
export interface NewArray {
  /** 0: chunks without filters; 1: chunks with filters. */
  readonly clientId: number;
  /** An element that was never set. */
  readonly empty: Uint8Array;
}

/** Elements that lie one after another in the file, and are written together. */
export class ElementRun {
  readonly elements: Uint8Array;
  changed: boolean;

  constructor(elements: Uint8Array, changed: boolean) {
    this.elements = elements;
    this.changed = changed;
  }

  /** `count` elements that were never set. */
  static unset(count: number, empty: Uint8Array): ElementRun {
    const elements = new Uint8Array(count * empty.length);
    for (let i = 0; i < count; i++) elements.set(empty, i * empty.length);
    return new ElementRun(elements, true);
  }
}

/** Runs that are kept decoded; more are written and forgotten. */
export const MAX_RUNS = 2048;
