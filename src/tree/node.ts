import type { H5Error } from "../errors.ts";
import type { CommittedDatatype } from "../object/committed-datatype.ts";
import type { Dataset } from "../object/dataset.ts";
import type { Group } from "../object/group.ts";
import type { ViewName } from "../view/view.ts";

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
  readonly group: Group;
  /** `undefined`: the root. */
  readonly parent: DirectoryNode | undefined;
}

export interface FileNode extends Base {
  readonly kind: "file";
  /** The object's: there are many more nodes than objects that are kept open. */
  readonly address: number;
  /** Opened again where it was closed meanwhile. */
  readonly object: Dataset | CommittedDatatype;
  /** The object's own name: it heads the column of a one-dimensional dataset. */
  readonly name: string;
  readonly view: ViewName;
}

export interface SymlinkNode extends Base {
  readonly kind: "symlink";
  readonly target: string;
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
