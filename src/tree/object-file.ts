import type { ViewName } from "../view/view.ts";
import type { CanonicalNames } from "./canonical-name.ts";
import { objectInode } from "./inode.ts";
import type { FileNode } from "./node.ts";

/**
 * A file that shows an object. It keeps the object's address, not the object: the kernel may know of millions of files,
 * and whoever lists them must not have all of their headers in memory.
 */
export class ObjectFile implements FileNode {
  readonly kind = "file";
  readonly address: number;
  readonly path: string;
  readonly view: ViewName;
  readonly #names: CanonicalNames;
  readonly #linkName: string;

  /** @param linkName the name of the link by which the object was met */
  constructor(
    names: CanonicalNames,
    { address }: FileNode["object"],
    { path, linkName, view }: { readonly path: string; readonly linkName: string; readonly view: ViewName },
  ) {
    this.#names = names;
    this.address = address;
    this.path = path;
    this.#linkName = linkName;
    this.view = view;
  }

  /** Found when it is asked for: where an object has several names, every object of the file is looked at for it. */
  get name(): string {
    return this.#names.of(this.object, { path: this.path, name: this.#linkName }).name;
  }

  get key(): string {
    return `${this.address}:${this.view}`;
  }

  get ino(): number {
    return objectInode(this.address, this.view);
  }

  get object(): FileNode["object"] {
    const object = this.#names.file.object(this.address, this.path);
    if (object.kind === "group") throw new TypeError(`the object at ${this.address} has become a group`);
    return object;
  }
}
