import type { EditContext } from "../../src/format/edit-context.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import type { BufferedChange } from "./file-buffer.ts";

/** How the bytes of file nodes are stored. */
export interface FileStore {
  /** Makes an empty file, which has no link yet. @returns the address of its header */
  create(edit: EditContext, seconds: number): number;
  /** Stores a change of the file `dataset`. @throws H5Error: the transaction is to be rolled back */
  apply(transaction: FileTransaction, dataset: Dataset, change: BufferedChange): void;
}
