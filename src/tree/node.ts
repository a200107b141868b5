import type { H5Error } from "../errors.ts";
import type { DatasetPart } from "../object/dataset-part.ts";
import type { H5File, H5Object } from "../object/file.ts";
import type { Group } from "../object/group.ts";
import type { ViewName } from "../view/view.ts";
import type { LinkRecord } from "./link-record.ts";
import type { Realm } from "./realm.ts";

/** What a file shows: a dataset's elements or a datatype as a view, or any object's attributes. */
export type NodeView = ViewName | "attrs.json";

interface Base {
  /** Tells (object, view) from every other, for the life of the tree. */
  readonly key: string;
  /** `st_ino`: the same for the same file from mount to mount. */
  readonly ino: number;
  /** The path in the tree, as shown; of a file with several hard links, one of them. */
  readonly path: string;
}

export interface DirectoryNode extends Base {
  readonly kind: "directory";
  readonly file: H5File;
  /** The group's. */
  readonly address: number;
  readonly group: Group;
  /** `undefined`: the root. */
  readonly parent: DirectoryNode | undefined;
  readonly realm: Realm;
  /** Below `/.h5fs`, where everything is a second time; `path` is the same as at the first. */
  readonly isHidden: boolean;
  /** The directory has been renamed, or one that it is in. */
  move(place: Pick<DirectoryNode, "path" | "parent">): void;
}

export interface FileNode extends Base {
  readonly kind: "file";
  readonly file: H5File;
  /** The object's: there are many more nodes than objects that are kept open. */
  readonly address: number;
  /** Opened again where it was closed meanwhile. */
  readonly object: H5Object;
  /** The object's own name: it heads the column of a one-dimensional dataset. */
  readonly name: string;
  readonly view: NodeView;
  /** `undefined`: the whole dataset. */
  readonly part: DatasetPart | undefined;
  /** A directory that it is in has been renamed. */
  move(path: string): void;
}

export interface SymlinkNode extends Base {
  readonly kind: "symlink";
  readonly target: string;
  readonly parent: DirectoryNode;
  /** As it is in the file. */
  readonly linkName: string;
  /** Of a symlink that was made in a mount. */
  readonly record: LinkRecord | undefined;
}

/**
 * A link that can be listed but not shown: its object is damaged, of a type that no view has, or in another file. It is
 * an empty file, every use of which gives the error.
 */
export interface BrokenNode extends Base {
  readonly kind: "broken";
  readonly error: H5Error;
}

export type Node = DirectoryNode | FileNode | SymlinkNode | BrokenNode;

/** A directory entry. */
export interface TreeEntry {
  readonly name: string;
  readonly node: Node;
}
