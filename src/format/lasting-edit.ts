import { EditContext } from "./edit-context.ts";

/** Lets a structure stay the same from one transaction to the next: what its edit context is asked for goes to the present one. */
export class LastingEdit {
  readonly edit: EditContext;
  #present: EditContext;

  constructor(first: EditContext) {
    this.#present = first;
    const { base } = first.context.space;
    const { superblockVersion: version, chunkK: indexedStorageInternalNodeK } = first;
    this.edit = new EditContext(
      first.context,
      { ...first.groupK, version, indexedStorageInternalNodeK },
      {
        write: (offset, bytes) => this.#present.write(offset - base, bytes),
        allocate: (size, kind) => this.#present.allocate(size, kind) + base,
        free: (offset, size) => this.#present.free(offset - base, size),
      },
      first.globalHeapSpace,
      first.kept,
    );
  }

  get present(): EditContext {
    return this.#present;
  }

  /** Another transaction goes on. @returns false: it is the one that is present */
  attach(edit: EditContext): boolean {
    if (edit === this.#present) return false;
    this.#present = edit;
    return true;
  }
}
