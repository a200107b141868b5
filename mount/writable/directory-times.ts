import type { DirectoryNode } from "../../src/tree/node.ts";
import type { PosixMetadata, Timestamp } from "../../src/tree/posix-metadata.ts";

/**
 * When names in directories were changed last, as long as that is in memory alone: each new name would else cost another change of the
 * group's header. A daemon that dies leaves directories with older times, and the names that were made.
 */
export class DirectoryTimes {
  /** By the addresses of their groups. */
  readonly #changed = new Map<number, { readonly node: DirectoryNode; readonly time: Timestamp }>();

  get isEmpty(): boolean {
    return this.#changed.size === 0;
  }

  changed(node: DirectoryNode, time: Timestamp): void {
    this.#changed.set(node.address, { node, time });
  }

  /** What is kept of a directory, with what is newer. */
  over(address: number, kept: PosixMetadata): PosixMetadata {
    const time = this.#changed.get(address)?.time;
    return time === undefined ? kept : { ...kept, mtime: time, ctime: time };
  }

  has(address: number): boolean {
    return this.#changed.has(address);
  }

  /** They are stored, or the directory is no more. */
  forget(address: number): void {
    this.#changed.delete(address);
  }

  nodes(): DirectoryNode[] {
    return [...this.#changed.values()].map(({ node }) => node);
  }
}
