/** Whether a file is whole (docs/writing.md, section 3). */
export type Mark = "unmarked" | "pending" | "checkpointing";

/** Bytes that a disk writes as one. */
export const SECTOR = 512;

/** What the journal must know of HDF5: how the sector that begins with the superblock says where the file ends, and carries the mark. */
export interface SuperblockSector {
  /** Where the sector is in the file: a multiple of 512. */
  readonly offset: number;
  markOf(sector: Uint8Array): Mark;
  withMark(sector: Uint8Array, mark: Mark): Uint8Array;
  /** So many bytes of the sector are enough for `endOf` and `withEnd`, which changes no others. */
  readonly endLength: number;
  /** The end of allocation, as an offset in the file. */
  endOf(sector: Uint8Array): number;
  withEnd(sector: Uint8Array, end: number): Uint8Array;
}
