import type { DatasetPart } from "../object/dataset-part.ts";
import type { H5File } from "../object/file.ts";
import { type CanonicalNames, childPath } from "./canonical-name.ts";
import { hashedInode, objectInode } from "./inode.ts";
import type { FileNode, NodeView } from "./node.ts";

/** By what, and as what, an object was met. */
interface Meeting {
  readonly path: string;
  /** The name of the link. */
  readonly linkName: string;
  readonly view: NodeView;
  readonly part: DatasetPart | undefined;
  /** The view whose bytes the dataset was made from. */
  readonly madeView: NodeView | undefined;
}

/**
 * A file that shows an object. It keeps the object's address, not the object: the kernel may know of millions of files,
 * and whoever lists them must not have all of their headers in memory.
 */
export class ObjectFile implements FileNode {
  readonly kind = "file";
  readonly file: H5File;
  readonly address: number;
  readonly view: NodeView;
  readonly part: DatasetPart | undefined;
  #path: string;
  readonly #names: CanonicalNames;
  readonly #linkName: string;
  readonly #madeView: NodeView | undefined;
  #key: string | undefined;

  /** @param names of the mounted file, which need not be the object's */
  constructor(
    names: CanonicalNames,
    { file, address }: Pick<FileNode["object"], "file" | "address">,
    { path, linkName, view, part, madeView }: Meeting,
  ) {
    this.#names = names;
    this.file = file;
    this.address = address;
    this.#path = path;
    this.#linkName = linkName;
    this.view = view;
    this.#madeView = madeView;
    this.part = part;
  }

  get path(): string {
    return this.#path;
  }

  move(path: string): void {
    this.#path = path;
  }

  /** Found when it is asked for: where an object has several names, every object of the file is looked at for it. */
  get name(): string {
    if (this.part?.member !== undefined) return this.part.member;
    return this.#isMain ? this.#names.of(this.object, { path: this.path, name: this.#linkName }).name : this.#linkName;
  }

  get key(): string {
    this.#key ??= this.#makeKey();
    return this.#key;
  }

  #makeKey(): string {
    // Of another file's objects it is not known whether they have several names: each name's content has its own heading.
    const where = this.#isMain ? "" : `${JSON.stringify([this.file.name, this.#linkName])}:`;
    const part = this.part === undefined ? "" : `:${partKey(this.part)}`;
    return `${where}${this.address}:${this.view}${part}`;
  }

  get ino(): number {
    const isPlain = this.#isMain && this.part === undefined;
    return isPlain ? objectInode(this.address, this.#inodeView) : hashedInode(this.key);
  }

  /** What was made from a file has that file's number, and its bytes as they are stored the view's. */
  get #inodeView(): NodeView {
    if (this.#madeView === undefined) return this.view;
    return this.view === this.#madeView ? "bin" : this.view === "bin" ? this.#madeView : this.view;
  }

  get object(): FileNode["object"] {
    return this.file.object(this.address, this.#objectPath);
  }

  /** As the file has it, for messages. */
  get #objectPath(): string {
    return childPath(this.#path.slice(0, this.#path.lastIndexOf("/")) || "/", this.#linkName);
  }

  get #isMain(): boolean {
    return this.file === this.#names.file;
  }
}

/** Two texts for the same part (`x[0:2]`, `x[:2:1]`) have the same. */
function partKey({ selection, dims, datatype, member }: DatasetPart): string {
  const names = datatype.class === "compound" ? datatype.members.map(({ name }) => name) : [];
  return JSON.stringify([selection.selectors, selection.runs, dims, member ?? null, names]);
}
