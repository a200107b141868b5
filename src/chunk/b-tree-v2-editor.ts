import type { CompareRecord } from "../format/b-tree-v2.ts";
import { BTreeV2Editor } from "../format/b-tree-v2-edit.ts";
import { RecordType } from "../format/b-tree-v2-records.ts";
import type { ChunkIndexing } from "../format/data-layout.ts";
import type { EditContext } from "../format/edit-context.ts";
import { compareScaled, scaledOffset } from "./b-tree-v2-index.ts";
import { ChunkElement } from "./chunk-element.ts";
import { checkInside, type IndexedDataset, maxChunkCounts } from "./chunk-grid.ts";
import type { ChunkRecord } from "./chunk-index.ts";
import type { ChunkIndexEditor, IndexedChunk } from "./chunk-index-editor.ts";

type Parameters = Extract<ChunkIndexing, { type: "b-tree-v2" }>;

/** The version 2 B-tree of a dataset's chunks, being changed (Specification VIII.E): records of type 10, or 11 with filters. */
export class ChunkBTreeV2Editor implements ChunkIndexEditor {
  readonly #edit: EditContext;
  readonly #counts: readonly number[];
  readonly #element: ChunkElement;
  readonly #parameters: Parameters;
  readonly #type: number;
  #tree: BTreeV2Editor | undefined;

  /** @param address of the B-tree's header; `undefined`: there is none yet */
  constructor(edit: EditContext, dataset: IndexedDataset, address: number | undefined, parameters: Parameters) {
    this.#edit = edit;
    this.#counts = maxChunkCounts(dataset);
    this.#element = new ChunkElement(dataset);
    this.#parameters = parameters;
    this.#type = dataset.filtered ? RecordType.filteredChunk : RecordType.chunk;
    if (address !== undefined) this.#tree = BTreeV2Editor.open(edit, address, this.#type, this.#recordSize);
  }

  get address(): number | undefined {
    return this.#tree?.address;
  }

  find(scaled: readonly number[]): ChunkRecord | undefined {
    const record = this.#tree?.find(this.#place(scaled));
    return record === undefined ? undefined : this.#element.decode(record, 0);
  }

  set(scaled: readonly number[], chunk: ChunkRecord): void {
    this.#tree ??= BTreeV2Editor.create(this.#edit, {
      ...this.#parameters,
      type: this.#type,
      recordSize: this.#recordSize,
    });
    const w = this.#edit.writer();
    this.#element.encode(w, chunk);
    for (const at of scaled) w.u64(at);
    const record = w.bytes.slice();
    const place = this.#place(scaled);
    if (!this.#tree.replace(record, place)) this.#tree.insert(record, place);
  }

  remove(scaled: readonly number[]): void {
    this.#tree?.remove(this.#place(scaled));
  }

  *entries(): Generator<IndexedChunk> {
    for (const bytes of this.#tree?.records() ?? []) {
      const record = this.#element.decode(bytes, 0);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const scaled = this.#counts.map((_, d) => scaledOffset(view, this.#element.size + d * 8));
      if (record !== undefined) yield { scaled, record };
    }
  }

  flush(): void {
    this.#tree?.write();
  }

  get #recordSize(): number {
    return this.#element.size + 8 * this.#counts.length;
  }

  #place(scaled: readonly number[]): CompareRecord {
    checkInside(this.#counts, scaled);
    return compareScaled(scaled, this.#element.size);
  }
}
