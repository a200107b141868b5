import type { ChunkIndexEditor } from "../chunk/chunk-index-editor.ts";
import { openIndexEditor } from "../chunk/open-index-editor.ts";
import type { DataLayout } from "../format/data-layout.ts";
import type { EditContext } from "../format/edit-context.ts";
import type { Dataset } from "./dataset.ts";

export type ChunkedLayout = Extract<DataLayout, { kind: "chunked" }>;

/** The editor of a chunked dataset's index. @param layout the dataset's */
export function openDatasetIndex(edit: EditContext, dataset: Dataset, layout: ChunkedLayout): ChunkIndexEditor {
  const { dims, maxDims, elementSize, filters } = dataset;
  const { chunkDims, version, indexing, address } = layout;
  const indexed = {
    context: edit.context,
    dims,
    maxDims,
    chunkDims,
    elementSize,
    filtered: filters.length > 0,
    layoutVersion: version,
  };
  return openIndexEditor(edit, indexed, indexing, address);
}

/** The layout that leads to the index as it is now; of a single chunk with filters it has the size, too. */
export function layoutWithIndex(layout: ChunkedLayout, index: ChunkIndexEditor): ChunkedLayout {
  const { address } = index;
  const { indexing, chunkDims } = layout;
  if (indexing.type !== "single" || indexing.storedSize === undefined) return { ...layout, address };
  const { storedSize, filterMask } = index.find(chunkDims.map(() => 0)) ?? { storedSize: 0, filterMask: 0 };
  return { ...layout, indexing: { type: "single", storedSize, filterMask }, address };
}
