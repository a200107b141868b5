import { LRUCache } from "lru-cache";
import { linkName, shortenedName } from "../../src/tree/file-name.ts";
import type { DirectoryNode } from "../../src/tree/node.ts";
import { needsNameRecord } from "../../src/tree/shown-name.ts";
import { HIDDEN } from "../../src/tree/tree.ts";
import type { LiveFile } from "./live-file.ts";

/** Directories of which that is known. */
const MAX_DIRECTORIES = 64;

interface Known {
  /** Of all links that it has, and of some that it had. */
  readonly names: Set<string>;
  /** Of the group: another one says that others have changed it. */
  state: number;
}

/**
 * The links of directories that were empty when they were first looked at: whether a new file's name is free is asked three times, and
 * the structures that tell it have just been changed by the file before.
 */
export class KnownNames {
  readonly #live: LiveFile;
  /** By the addresses of their groups. */
  readonly #known = new LRUCache<number, Known>({ max: MAX_DIRECTORIES });

  constructor(live: LiveFile) {
    this.#live = live;
  }

  /** True: nothing is listed under that name. False: nobody knows. */
  lacks(directory: DirectoryNode, shown: string): boolean {
    const names = this.#of(directory)?.names;
    if (names === undefined || shown === HIDDEN) return false;
    const dot = shown.lastIndexOf(".");
    return (dot < 0 ? [shown] : [shown, shown.slice(0, dot)]).every(
      (name) =>
        !names.has(name) && linkName(name) === name && !needsNameRecord(name) && shortenedName(name) === undefined,
    );
  }

  /** Does what gives a directory one more link, and nothing else to its group. */
  during<T>({ address }: DirectoryNode, link: string, change: () => T): T {
    const known = this.#known.get(address);
    const isCurrent = known?.state === this.#live.stateOf(address);
    const result = change();
    if (known !== undefined && isCurrent) {
      known.names.add(link);
      known.state = this.#live.stateOf(address);
    }
    return result;
  }

  #of(directory: DirectoryNode): Known | undefined {
    const { address, isHidden, file } = directory;
    if (isHidden || file !== this.#live.file) return undefined;
    const state = this.#live.stateOf(address);
    const known = this.#known.get(address);
    if (known?.state === state) return known;
    if (directory.group.hasMoreLinksThan(0)) {
      this.#known.delete(address);
      return undefined;
    }
    const empty = { names: new Set<string>(), state };
    this.#known.set(address, empty);
    return empty;
  }
}
