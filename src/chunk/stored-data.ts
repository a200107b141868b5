import type { Filter } from "../format/filter-pipeline.ts";
import type { AddressSpace } from "../storage/address-space.ts";
import type { Piece } from "../storage/storage.ts";
import type { ChunkIndex } from "./chunk-index.ts";
import type { ChunkGeometry } from "./geometry.ts";

/** Where the elements of a dataset are stored (IV.A.2.i, "The Data Layout Message"). */
export type Storage =
  | { readonly kind: "compact"; readonly bytes: Uint8Array }
  /** `address` undefined: never written, all elements are the fill value. `size` in bytes. */
  | { readonly kind: "contiguous"; readonly address: number | undefined; readonly size: number }
  /** In other files, one after the other. */
  | { readonly kind: "external"; readonly size: number; pieces(offset: number, length: number): readonly Piece[] }
  | {
      readonly kind: "chunked";
      readonly geometry: ChunkGeometry;
      readonly index: ChunkIndex;
      /** Layout version 4, flag bit 0: chunks that reach past the dataset's edge are stored without filters. */
      readonly edgeChunksUnfiltered: boolean;
    };

/** All that reading a dataset's element bytes takes. */
export interface StoredData {
  readonly space: AddressSpace;
  readonly storage: Storage;
  readonly elementSize: number;
  /** The dataset's dimensions; [] for a scalar. */
  readonly dims: readonly number[];
  /** One element; `undefined` is zeros. */
  readonly fillValue: Uint8Array | undefined;
  readonly filters: readonly Filter[];
  /** Names the dataset in messages. */
  readonly path: string;
}
