import { type NewAttribute, setAttribute } from "../../src/object/attribute-edit.ts";
import type { ObjectBase } from "../../src/object/object.ts";
import { setModificationTime } from "../../src/object/set-modification-time.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { type PosixMetadata, posixAttribute, posixMetadata } from "../../src/tree/posix-metadata.ts";

/** What POSIX has of objects and HDF5 has not, kept in the file unless it is not to be. HDF5's own time follows in any case. */
export class PosixStore {
  readonly isKept: boolean;

  constructor(isKept: boolean) {
    this.isKept = isKept;
  }

  read(object: ObjectBase): PosixMetadata | undefined {
    return this.isKept ? posixMetadata(object) : undefined;
  }

  /** What a new object is made with. */
  attributesFor(metadata: PosixMetadata): readonly NewAttribute[] {
    return this.isKept ? [posixAttribute(metadata)] : [];
  }

  write({ edit }: FileTransaction, address: number, metadata: PosixMetadata): void {
    if (this.isKept) setAttribute(edit, address, posixAttribute(metadata));
    if (metadata.mtime !== undefined) setModificationTime(edit, address, metadata.mtime.seconds);
  }
}
