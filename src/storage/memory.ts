import { H5Error } from "../errors.ts";
import type { Piece, Snapshot, SnapshotDescription, Storage } from "./storage.ts";

/** A file that is only bytes in memory: for tests, and for files that come from elsewhere. */
export class MemoryStorage implements Storage {
  readonly name: string;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, name = "memory") {
    // Of a Buffer, `slice` would give a view where that of any other Uint8Array gives a copy.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.name = name;
  }

  snapshot(): Snapshot {
    const bytes = this.#bytes;
    return {
      size: bytes.length,
      read: (offset: number, length: number): Uint8Array => bytes.subarray(offset, offset + length),
      pieces: (offset: number, length: number): Piece[] => [{ bytes: bytes.subarray(offset, offset + length) }],
      describe: (): SnapshotDescription => {
        throw new H5Error("argument", `${this.name}: a storage in memory cannot be opened by another thread`);
      },
    };
  }

  close(): void {
    // Nothing is held but memory.
  }
}
