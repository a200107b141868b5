import type { EditContext, EditedStructure } from "./edit-context.ts";

/**
 * Structures of one kind that are being changed, by address: all who change one in the same transaction share it.
 * Reading them through the transaction's own context would give what was written last, which may be older.
 */
export class EditedStructures<T extends EditedStructure> {
  readonly #byEdit = new WeakMap<EditContext, Map<number, T>>();

  get(edit: EditContext, address: number, open: () => T): T {
    const structure = this.#of(edit).get(address) ?? open();
    this.set(edit, address, structure);
    return structure;
  }

  set(edit: EditContext, address: number, structure: T): void {
    this.#of(edit).set(address, structure);
    edit.keep(structure);
  }

  /** The structure at that address is gone. */
  delete(edit: EditContext, address: number): void {
    const structure = this.#of(edit).get(address);
    if (structure !== undefined) edit.forget(structure);
    this.#of(edit).delete(address);
  }

  #of(edit: EditContext): Map<number, T> {
    let structures = this.#byEdit.get(edit);
    if (structures === undefined) {
      structures = new Map();
      this.#byEdit.set(edit, structures);
    }
    return structures;
  }
}
