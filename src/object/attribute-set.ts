import { NotFoundError } from "../errors.ts";
import { renameAttribute } from "./attribute-edit.ts";
import { removeAttribute, setAttributeValue } from "./attribute-value.ts";
import { type DtypeSpec, datatypeFrom } from "./dtype.ts";
import type { H5Object } from "./file.ts";
import type { Storable } from "./storable.ts";
import type { Value } from "./value.ts";
import type { FileTransaction } from "./writable-file.ts";

export interface SetAttributeOptions {
  /** Default: what follows from the value, as h5py has it. `"kept"`: the type that the attribute has already, if it is there. */
  readonly dtype?: DtypeSpec | "kept" | undefined;
  /** Default: as the value is nested. */
  readonly shape?: readonly number[] | undefined;
}

/** What a set of attributes takes of the file that it is in. */
export interface AttributeOwner {
  object(): H5Object;
  transaction<T>(change: (transaction: FileTransaction) => T): T;
}

/** The attributes of one object, to be read and changed. */
export class AttributeSet {
  readonly #owner: AttributeOwner;

  constructor(owner: AttributeOwner) {
    this.#owner = owner;
  }

  /** In byte order. */
  names(): string[] {
    return this.#owner
      .object()
      .attributes()
      .map(({ name }) => name);
  }

  /** One value, or lists nested by the dimensions; `undefined`: there is no such attribute; `null` also where it has no data. */
  get(name: string): Value | undefined {
    return this.#owner.object().attributeValue(name);
  }

  /**
   * Creates or replaces one.
   * @throws H5Error "argument" where the value does not fit the type or shape
   */
  set(name: string, value: Storable, { dtype, shape }: SetAttributeOptions = {}): void {
    this.#owner.transaction((transaction) => {
      const datatype =
        dtype === undefined || dtype === "kept" ? dtype : datatypeFrom(dtype, transaction.edit.sizeOfOffsets);
      setAttributeValue(transaction, this.#owner.object().address, name, { value, datatype, shape });
    });
  }

  /** Its place in the order of creation stays. @throws NotFoundError; H5Error "exists" where the new name is taken */
  rename(name: string, newName: string): void {
    this.#owner.transaction((transaction) => {
      const { address, path } = this.#owner.object();
      if (!renameAttribute(transaction.edit, address, name, newName)) throw missing(path, name);
    });
  }

  /** @throws NotFoundError */
  delete(name: string): void {
    this.#owner.transaction((transaction) => {
      const { address, path } = this.#owner.object();
      if (!removeAttribute(transaction, address, name)) throw missing(path, name);
    });
  }
}

function missing(path: string, name: string): NotFoundError {
  return new NotFoundError(`${path} has no attribute ${JSON.stringify(name)}`, { path });
}
