import { boxesOfRange } from "../chunk/selection.ts";
import type { FileTransaction } from "./writable-file.ts";
import { type WrittenDataset, writeSelection } from "./write-dataset.ts";

/**
 * Writes consecutive elements of a dataset.
 * @param dims its shape @param first number in C order of the first @param bytes as they are stored
 */
export function writeElements(
  transaction: FileTransaction,
  dataset: WrittenDataset,
  { dims, elementSize }: { readonly dims: readonly number[]; readonly elementSize: number },
  first: number,
  bytes: Uint8Array,
): void {
  const runs = [{ offset: 0, length: elementSize }];
  if (dims.length === 0) {
    writeSelection(transaction, dataset, { selectors: [], runs }, bytes);
    return;
  }
  let at = 0;
  for (const box of boxesOfRange(dims, first, first + bytes.length / elementSize)) {
    const selectors = box.map(({ from, to }) => ({ kind: "range", start: from, step: 1, count: to - from }) as const);
    const length = box.reduce((product, { from, to }) => product * (to - from), elementSize);
    writeSelection(transaction, dataset, { selectors, runs }, bytes.subarray(at, at + length));
    at += length;
  }
}
