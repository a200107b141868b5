import { LRUCache } from "lru-cache";
import type { FormatContext } from "./context.ts";

/**
 * Structures of one kind that were opened, by address, the most recently used of each file: so that a look-up in the
 * same group or heap does not parse and verify its header again.
 */
export class OpenedStructures<T extends object> {
  readonly #byFile = new WeakMap<FormatContext, LRUCache<number, T>>();
  readonly #max: number;

  constructor(max = 64) {
    this.#max = max;
  }

  get(context: FormatContext, address: number, open: () => T): T {
    let opened = this.#byFile.get(context);
    if (opened === undefined) {
      opened = new LRUCache({ max: this.#max });
      this.#byFile.set(context, opened);
    }
    let structure = opened.get(address);
    if (structure === undefined) {
      structure = open();
      opened.set(address, structure);
    }
    return structure;
  }
}
