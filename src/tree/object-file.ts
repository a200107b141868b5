import type { H5File } from "../object/file.ts";
import type { ViewName } from "../view/view.ts";
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
  readonly name: string;
  readonly view: ViewName;
  readonly #file: H5File;

  constructor(
    file: H5File,
    object: FileNode["object"],
    { path, name, view }: { readonly path: string; readonly name: string; readonly view: ViewName },
  ) {
    this.#file = file;
    this.address = object.address;
    this.path = path;
    this.name = name;
    this.view = view;
  }

  get key(): string {
    return `${this.address}:${this.view}`;
  }

  get ino(): number {
    return objectInode(this.address, this.view);
  }

  get object(): FileNode["object"] {
    const object = this.#file.object(this.address, this.path);
    if (object.kind === "group") throw new TypeError(`the object at ${this.address} has become a group`);
    return object;
  }
}
