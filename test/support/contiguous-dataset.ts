import type { Dataspace } from "../../src/format/dataspace.ts";
import type { Datatype } from "../../src/format/datatype.ts";
import type { EditContext } from "../../src/format/edit-context.ts";
import { createLateDataset } from "../../src/object/new-dataset.ts";

interface GivenDataset {
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  /** The elements in C order, as they are stored. */
  readonly data: Uint8Array;
}

/** Makes a dataset whose elements lie in one piece, and are all given. @returns the header's address */
export function createContiguousDataset(edit: EditContext, dataset: GivenDataset, seconds: number): number {
  const { data, ...base } = dataset;
  if (data.length === 0) return createLateDataset(edit, base, seconds);
  const address = edit.allocate(data.length, "raw");
  edit.write(address, data);
  return createLateDataset(edit, { ...base, address }, seconds);
}
