/** The HDF5 engine as a library: what it exports here is what it promises. */
export { FormatError, H5Error, type H5ErrorKind, NotFoundError, UnsupportedError } from "./errors.ts";
export type { DataLayout } from "./format/data-layout.ts";
export { type Dataspace, elementCount } from "./format/dataspace.ts";
export type { Datatype } from "./format/datatype.ts";
export type { Filter } from "./format/filter-pipeline.ts";
export type { Link } from "./format/link.ts";
export { decodeText, encodeText } from "./format/text.ts";
export { Attribute } from "./object/attribute.ts";
export { CommittedDatatype } from "./object/committed-datatype.ts";
export { Dataset } from "./object/dataset.ts";
export { type CreateGroupOptions, EditableFile, type EditOptions, type WriteMode } from "./object/editable-file.ts";
export { H5File, type H5Object, type OpenOptions } from "./object/file.ts";
export { Group } from "./object/group.ts";
export { createFile, type LibraryVersion, type NewFileOptions } from "./object/new-file.ts";
export { attachSnapshot, LocalFile } from "./storage/local-file.ts";
export { MemoryStorage } from "./storage/memory.ts";
export type { Snapshot, SnapshotDescription, Storage } from "./storage/storage.ts";
