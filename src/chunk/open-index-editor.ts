import type { ChunkIndexing } from "../format/data-layout.ts";
import type { EditContext } from "../format/edit-context.ts";
import { ArrayIndexEditor } from "./array-index-editor.ts";
import { ChunkBTreeV1Editor } from "./b-tree-v1-editor.ts";
import { ChunkBTreeV2Editor } from "./b-tree-v2-editor.ts";
import type { IndexedDataset } from "./chunk-grid.ts";
import type { ChunkIndexEditor } from "./chunk-index-editor.ts";
import { chunkSize } from "./geometry.ts";
import { ImplicitEditor } from "./implicit-editor.ts";
import { SingleChunkEditor } from "./single-editor.ts";

/**
 * The editor of a dataset's chunk index.
 * @param address of the index, or of the chunks where there is none; `undefined`: nothing was ever written
 * @throws FormatError where there is no such index
 */
export function openIndexEditor(
  edit: EditContext,
  dataset: IndexedDataset,
  indexing: ChunkIndexing,
  address: number | undefined,
): ChunkIndexEditor {
  switch (indexing.type) {
    case "b-tree-v1":
      return new ChunkBTreeV1Editor(edit, dataset, address, edit.chunkK);
    case "single": {
      const { storedSize = chunkSize(dataset), filterMask } = indexing;
      return new SingleChunkEditor(
        dataset.chunkDims.length,
        address === undefined ? undefined : { address, storedSize, filterMask },
      );
    }
    case "implicit":
      return new ImplicitEditor(edit, dataset, address);
    case "fixed-array":
      return ArrayIndexEditor.fixed(edit, dataset, address, indexing.pageBits);
    case "extensible-array":
      return ArrayIndexEditor.extensible(edit, dataset, address, indexing);
    case "b-tree-v2":
      return new ChunkBTreeV2Editor(edit, dataset, address, indexing);
  }
}
