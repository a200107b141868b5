import type { DirectoryNode, FileNode } from "../../src/tree/node.ts";
import type { KernelCache } from "../mount-session.ts";
import type { NodeTable } from "../node-table.ts";

/**
 * Tells the kernel of what it cannot know: that an object has changed by a request on another node that shows it, or without any.
 */
export class ViewNotices {
  readonly #nodes: NodeTable;
  readonly #cache: KernelCache | undefined;

  constructor(nodes: NodeTable, cache: KernelCache | undefined) {
    this.#nodes = nodes;
    this.#cache = cache;
  }

  /** Whether it is told: what it keeps is right however long it keeps it. */
  get areHeard(): boolean {
    return this.#cache !== undefined;
  }

  /** The object has changed by way of `node`. @param elements and not its attributes alone */
  changed(node: FileNode | DirectoryNode, elements: boolean): void {
    const showing = this.#nodes.showing(node.address);
    const own = node.key;
    const isAlone = showing.filter(({ key }) => key === own).length === 1;
    for (const { nodeid, key, isAttributes } of showing) {
      if (!isAlone || key !== own) this.#cache?.invalidate(nodeid, elements || isAttributes);
    }
  }

  /** The node itself is other than the kernel believes. */
  changedItself(node: FileNode | DirectoryNode, elements: boolean): void {
    for (const { nodeid, key } of this.#nodes.showing(node.address)) {
      if (key === node.key) this.#cache?.invalidate(nodeid, elements);
    }
  }
}
