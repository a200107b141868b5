import type { SpaceKind } from "../storage/journal/allocator.ts";
import type { FormatContext } from "./context.ts";
import type { Sizes } from "./reader.ts";
import { Writer } from "./writer.ts";

/** What changes bytes of a file: a transaction of the journal. Offsets are in the file. */
export interface ByteStore {
  write(offset: number, bytes: Uint8Array): void;
  allocate(size: number, kind: SpaceKind): number;
  free(offset: number, size: number): void;
}

/** What it takes to change the structures of one file. Addresses are relative to the base address, as everywhere in the format. */
export class EditContext implements Sizes {
  /** Its reads see what was written. */
  readonly context: FormatContext;
  readonly #store: ByteStore;

  constructor(context: FormatContext, store: ByteStore) {
    this.context = context;
    this.#store = store;
  }

  get sizeOfOffsets(): number {
    return this.context.sizeOfOffsets;
  }

  get sizeOfLengths(): number {
    return this.context.sizeOfLengths;
  }

  writer(): Writer {
    return new Writer(this);
  }

  write(address: number, bytes: Uint8Array): void {
    this.#store.write(this.context.space.base + address, bytes);
  }

  /** Space that nothing uses; its bytes are undefined until they are written. */
  allocate(size: number, kind: SpaceKind): number {
    return this.#store.allocate(size, kind) - this.context.space.base;
  }

  free(address: number, size: number): void {
    this.#store.free(this.context.space.base + address, size);
  }
}
