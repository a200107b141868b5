import { H5Error } from "../errors.ts";
import type { Datatype } from "../format/datatype.ts";
import { GlobalHeapEditor } from "../format/global-heap-edit.ts";
import type { H5File } from "./file.ts";
import { HeapCollections, refersToHeap } from "./heap-collections.ts";
import { referredObject } from "./referred-object.ts";
import type { HeapWriter, ReferredObject } from "./value-encode.ts";
import type { FileTransaction } from "./writable-file.ts";

/** The heap of a file that is being changed: what elements refer to is put into its global heap, and its paths are known. */
export class FileHeapWriter implements HeapWriter {
  readonly #transaction: FileTransaction;
  readonly #editor: GlobalHeapEditor;
  /** As it was when the first path was asked for. */
  #file: H5File | undefined;

  constructor(transaction: FileTransaction) {
    this.#transaction = transaction;
    this.#editor = GlobalHeapEditor.of(transaction.edit);
  }

  get sizeOfOffsets(): number {
    return this.#transaction.edit.sizeOfOffsets;
  }

  insert(bytes: Uint8Array): { readonly collection: number; readonly index: number } {
    return this.#editor.insert(bytes);
  }

  object(path: string): ReferredObject {
    this.#file ??= this.#transaction.file;
    return referredObject(this.#file, path);
  }
}

/**
 * Frees what elements referred to that are overwritten or deleted, as far as nobody else can refer to it (see
 * `GlobalHeapEditor.remove`). What is damaged stays. What stays is free once the whole file has been looked through.
 * @param runs the elements, as they are stored
 * @param kept elements, such as a fill value, whose objects others may share: these stay
 */
export function releaseElements(
  transaction: FileTransaction,
  type: Datatype,
  runs: Iterable<Uint8Array>,
  kept?: Uint8Array,
): void {
  if (!refersToHeap(type)) return;
  const { globalHeapSpace } = transaction.edit;
  if (!globalHeapSpace.hasOwn || !removeObjects(transaction, type, runs, kept)) globalHeapSpace.lost();
}

/** @returns whether all that the elements referred to are gone */
function removeObjects(
  { file, edit }: FileTransaction,
  type: Datatype,
  runs: Iterable<Uint8Array>,
  kept: Uint8Array | undefined,
): boolean {
  const shared = heapObjects(file, type, kept === undefined ? [] : [kept]);
  const released = heapObjects(file, type, runs);
  if (shared === undefined || released === undefined) return false;
  const editor = GlobalHeapEditor.of(edit);
  let isWhole = true;
  for (const [key, { collection, index }] of released) {
    if (shared.has(key) || !editor.remove(collection, index)) isWhole = false;
  }
  return isWhole;
}

/** What elements refer to, each object once. `undefined`: some cannot be read. */
function heapObjects(
  file: H5File,
  type: Datatype,
  runs: Iterable<Uint8Array>,
): Map<string, { readonly collection: number; readonly index: number }> | undefined {
  const found = new Map<string, { readonly collection: number; readonly index: number }>();
  const collections = new HeapCollections(file, (collection, index) => {
    found.set(`${collection} ${index}`, { collection, index });
  });
  try {
    for (const bytes of runs) collections.visit(type, bytes);
  } catch (error) {
    if (!(error instanceof H5Error)) throw error;
    return undefined;
  }
  return found;
}
