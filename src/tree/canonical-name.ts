import { H5Error } from "../errors.ts";
import type { H5File, H5Object } from "../object/file.ts";
import { Group } from "../object/group.ts";
import { walkObjects } from "../object/walk.ts";
import { shownName } from "./shown-name.ts";

/** The one name that an object goes by where it has several. */
interface CanonicalName {
  /** The path, as shown, without a view's extension. */
  readonly path: string;
  /** The link's name. */
  readonly name: string;
}

/** A link: the address of the group that has it, and its name. */
export interface LinkName {
  readonly parent: number;
  readonly name: string;
}

/**
 * A group with several hard links is a directory at one of its paths and a symlink at the others: the kernel allows a
 * directory one parent only, and `rm -r` of an alias must not empty the original. A dataset with several heads its CSV
 * column by one of its names. The one is the shortest path, then the first by name; it is searched for when the first
 * object with several links is met. The link by which a group was a directory is its main one until it is removed, whatever it
 * and others are called meanwhile.
 */
export class CanonicalNames {
  readonly #root: Group;
  readonly #path: string;
  /** By which link each object is reached. */
  #links: Map<number, LinkName> | undefined;
  /** The state of the file that `#links` is of. */
  #state = 0;
  /** Those of groups that were asked for. */
  readonly #main = new Map<number, LinkName>();

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
    if (this.#state !== this.file.id) this.#links = undefined;
    this.#state = this.file.id;
    this.#links ??= this.#walk();
    const link = this.#links.get(object.address);
    if (link === undefined) return met;
    if (object instanceof Group) this.#main.set(object.address, link);
    return { path: this.#pathOf(object.address, this.#links), name: link.name };
  }

  /** Links were renamed, all at once. */
  renamed(changes: readonly { readonly from: LinkName; readonly to: LinkName }[]): void {
    for (const [address, main] of this.#main) {
      const change = changes.find(({ from }) => from.parent === main.parent && from.name === main.name);
      if (change !== undefined) this.#main.set(address, change.to);
    }
  }

  #walk(): Map<number, LinkName> {
    const root = this.#groupAt(this.#root.address);
    const links = new Map<number, LinkName>();
    for (const { address, name, parent } of walkObjects(root)) links.set(address, { parent, name });
    for (const [address, main] of this.#main) {
      if (links.has(main.parent) || main.parent === root.address) {
        const link = this.#groupAt(main.parent).link(main.name);
        if (link?.kind === "hard" && link.address === address && !isBelow(main.parent, address, links)) {
          links.set(address, main);
          continue;
        }
      }
      this.#main.delete(address);
    }
    return links;
  }

  #pathOf(address: number, links: ReadonlyMap<number, LinkName>): string {
    const names: string[] = [];
    for (let link = links.get(address); link !== undefined; link = links.get(link.parent)) {
      names.push(shownName(this.#groupAt(link.parent), link.name, ""));
    }
    return names.reduceRight((path, name) => childPath(path, name), this.#path);
  }

  #groupAt(address: number): Group {
    const group = this.file.object(address);
    if (!(group instanceof Group)) throw new H5Error("not-a-group", `${group.path} is no group`);
    return group;
  }
}

/** Whether a group is reached through another: that one cannot be in it, too. */
function isBelow(group: number, other: number, links: ReadonlyMap<number, LinkName>): boolean {
  for (let at: number | undefined = group; at !== undefined; at = links.get(at)?.parent) if (at === other) return true;
  return false;
}

export function childPath(directory: string, name: string): string {
  return directory === "/" ? `/${name}` : `${directory}/${name}`;
}
