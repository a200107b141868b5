import { decodedSize } from "../chunk/read-plan.ts";
import type { Dataset } from "../object/dataset.ts";
import type { DatasetPart } from "../object/dataset-part.ts";
import { fixedDataspace } from "../object/infer-datatype.ts";
import { meantDatatype } from "../object/pytables.ts";
import type { ViewSubject } from "../view/view.ts";

/** What decides which views a dataset, or a part of it, has. @throws H5Error where its type or shape cannot be read */
export function viewSubject(dataset: Dataset, part?: DatasetPart): ViewSubject {
  if (part === undefined) {
    const datatype = meantDatatype(dataset, dataset.datatype);
    return { datatype, dataspace: dataset.dataspace, decodedBytes: decodedSize(dataset) };
  }
  const { dims, datatype } = part;
  return { datatype, dataspace: fixedDataspace(dims), decodedBytes: decodedSize({ dims, elementSize: datatype.size }) };
}
