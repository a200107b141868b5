import { H5Error } from "../errors.ts";
import type { H5File, H5Object } from "../object/file.ts";
import { Group } from "../object/group.ts";
import { walkObjects } from "../object/walk.ts";
import { fileName } from "./file-name.ts";

/** The one name that an object goes by where it has several. */
interface CanonicalName {
  /** The path, as shown, without a view's extension. */
  readonly path: string;
  /** The link's name. */
  readonly name: string;
}

/**
 * A group with several hard links is a directory at one of its paths and a symlink at the others: the kernel allows a
 * directory one parent only, and `rm -r` of an alias must not empty the original. A dataset with several heads its CSV
 * column by one of its names. The one is the shortest path, then the first by name; it is searched for when the first
 * object with several links is met.
 */
export class CanonicalNames {
  readonly #root: Group;
  readonly #path: string;
  #names: Map<number, CanonicalName> | undefined;
  /** The state of the file that `#names` is of. */
  #state = 0;

  /** @param path where the group `root` is shown, below which the names are */
  constructor(root: Group, path: string) {
    this.#root = root;
    this.#path = path;
  }

  get file(): H5File {
    return this.#root.file;
  }

  /** The name that counts; `met` is one by which the object was met. */
  of(object: H5Object, met: CanonicalName): CanonicalName {
    if (object.address === this.#root.address) return { path: this.#path, name: "" };
    if (object.linkCount <= 1) return met;
    if (this.#state !== this.file.id) this.#names = undefined;
    this.#state = this.file.id;
    this.#names ??= this.#walk();
    return this.#names.get(object.address) ?? met;
  }

  #walk(): Map<number, CanonicalName> {
    const root = this.file.object(this.#root.address);
    if (!(root instanceof Group)) throw new H5Error("not-a-group", `${this.#path} is no group`);
    const names = new Map([[root.address, { path: this.#path, name: "" }]]);
    for (const { address, name, parent } of walkObjects(root)) {
      const path = childPath(names.get(parent)?.path ?? this.#path, fileName(name, ""));
      names.set(address, { path, name });
    }
    return names;
  }
}

export function childPath(directory: string, name: string): string {
  return directory === "/" ? `/${name}` : `${directory}/${name}`;
}
