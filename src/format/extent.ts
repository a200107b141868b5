/**
 * What one structure occupies. The checker, the walk for free space, deleting, copying and repacking all use this one
 * statement of it (docs/writing.md, section 7).
 */
export interface Extent {
  readonly address: number;
  /** Bytes that were allocated, in use or not. */
  readonly length: number;
  /** As the library allocates it: raw data are elements, and huge objects of heaps. */
  readonly kind: "metadata" | "raw";
  /** The specification's name of the structure. */
  readonly structure: string;
  /** Address of the object header, or of the superblock or what it points to, that the structure belongs to. */
  readonly owner: number;
}

/** An extent of metadata. */
export function metadata(structure: string, address: number, length: number, owner: number): Extent {
  return { address, length, kind: "metadata", structure, owner };
}

/** An extent of raw data. */
export function rawData(structure: string, address: number, length: number, owner: number): Extent {
  return { address, length, kind: "raw", structure, owner };
}
