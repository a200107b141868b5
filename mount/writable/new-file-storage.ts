import { H5Error } from "../../src/errors.ts";
import type { FilterSpec } from "../../src/object/filter-spec.ts";
import { chunkBytesOf, groupFilters } from "../../src/object/group-settings.ts";
import type { DirectoryNode } from "../../src/tree/node.ts";
import type { LiveFile } from "./live-file.ts";

/** How new files are stored. */
export interface NewFileStorage {
  readonly filters: readonly FilterSpec[];
  /** Bytes of a chunk; `undefined`: what suits a file of its size. */
  readonly chunkBytes: number | undefined;
}

/** Of what no group says anything about. */
export const PLAIN_STORAGE: NewFileStorage = { filters: [], chunkBytes: undefined };

/** What the groups of the file say about the storage of new files, and where none says anything the mount's options. */
export class NewFileSettings {
  readonly #live: Pick<LiveFile, "settings">;
  readonly #filters: readonly FilterSpec[];
  readonly #log: (line: string) => void;
  /** The groups whose filters cannot be applied, of which that was said. */
  readonly #told = new Set<number>();

  /** By the addresses of the directories' groups, as long as `#state` is so. */
  readonly #known = new Map<number, NewFileStorage>();
  #state = 0;

  constructor(live: Pick<LiveFile, "settings">, filters: readonly FilterSpec[], log: (line: string) => void) {
    this.#live = live;
    this.#filters = filters;
    this.#log = log;
  }

  /** For files in a directory: as it says, or the nearest one above that says something. */
  in(directory: DirectoryNode): NewFileStorage {
    const { settings } = this.#live;
    if (this.#state !== settings) this.#known.clear();
    this.#state = settings;
    let storage = this.#known.get(directory.address);
    if (storage === undefined) {
      storage = this.#find(directory);
      this.#known.set(directory.address, storage);
    }
    return storage;
  }

  #find(directory: DirectoryNode): NewFileStorage {
    let filters: readonly FilterSpec[] | undefined;
    let chunkBytes: number | undefined;
    for (let at: DirectoryNode | undefined = directory; at !== undefined; at = at.parent) {
      filters ??= this.#filtersOf(at);
      chunkBytes ??= chunkBytesOf(at.group);
    }
    return { filters: filters ?? this.#filters, chunkBytes };
  }

  /** PyTables may have set some that only other programs have: a file without them is as good. */
  #filtersOf({ group, path, address }: DirectoryNode): readonly FilterSpec[] | undefined {
    try {
      return groupFilters(group);
    } catch (error) {
      if (!(error instanceof H5Error)) throw error;
      if (!this.#told.has(address)) this.#log(`${path}: new files are stored without filters: ${error.message}`);
      this.#told.add(address);
      return [];
    }
  }
}
