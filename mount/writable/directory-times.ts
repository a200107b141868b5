import type { DirectoryNode } from "../../src/tree/node.ts";
import type { PosixMetadata, Timestamp } from "../../src/tree/posix-metadata.ts";

/**
 * When names in directories were changed last, as long as that is in memory alone: each new name would else cost another change of the
 * group's header. A daemon that dies leaves directories with older times, and the names that were made.
 */
export class DirectoryTimes {
  /** By the addresses of their groups. */
  readonly #changed = new Map<number, { readonly node: DirectoryNode; readonly metadata: PosixMetadata }>();

  get isEmpty(): boolean {
    return this.#changed.size === 0;
  }

  /** @param stored what is kept of it */
  changed(node: DirectoryNode, time: Timestamp, stored: () => PosixMetadata): void {
    const metadata = this.of(node.address) ?? stored();
    this.#changed.set(node.address, { node, metadata: { ...metadata, mtime: time, ctime: time } });
  }

  /** What is to be kept of a directory, where that is newer than what is. */
  of(address: number): PosixMetadata | undefined {
    return this.#changed.get(address)?.metadata;
  }

  /** They are stored, or the directory is no more. */
  forget(address: number): void {
    this.#changed.delete(address);
  }

  nodes(): DirectoryNode[] {
    return [...this.#changed.values()].map(({ node }) => node);
  }
}
