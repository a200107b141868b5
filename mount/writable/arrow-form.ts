import { setAttribute } from "../../src/object/attribute-edit.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { shownAs, shownAsAttribute } from "../../src/tree/shown-as.ts";

/**
 * A table that was made from an Arrow file is about to get other values. That file had as much room for its strings as these took:
 * with others, the table is shown as any other is.
 */
export function leaveArrowForm({ edit }: FileTransaction, dataset: Dataset): void {
  const { datatype, address } = dataset;
  const shown = shownAs(dataset);
  if (shown?.arrow === undefined || datatype.class !== "compound") return;
  if (!datatype.members.some(({ type }) => type.class === "string")) return;
  setAttribute(edit, address, shownAsAttribute({ ...shown, arrow: undefined }));
}
