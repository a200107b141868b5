import type { DirectoryNode, TreeEntry } from "../../src/tree/node.ts";
import type { Tree } from "../../src/tree/tree.ts";
import { dotsOf, type ListedEntry } from "../directory-handles.ts";
import { Errno, ErrnoError } from "../errno.ts";

interface Handle {
  readonly directory: DirectoryNode;
  /** What was there when it was read from the start. */
  entries: readonly TreeEntry[] | undefined;
  /** The state of the file that they are of. */
  state: number;
}

/**
 * Open directories of a file that changes: each handle lists what was there when it was read from the start, less what is gone when
 * its turn comes.
 */
export class Directories {
  readonly #tree: Tree;
  readonly #handles = new Map<number, Handle>();
  #next = 1;

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  open(directory: DirectoryNode): number {
    const handle = this.#next++;
    this.#handles.set(handle, { directory, entries: undefined, state: 0 });
    return handle;
  }

  release(handle: number): void {
    this.#handles.delete(handle);
  }

  /** The entries from number `offset` on. */
  *after(id: number, offset: number): Generator<ListedEntry> {
    const handle = this.#handles.get(id);
    if (handle === undefined) throw new ErrnoError(Errno.EBADF);
    const { directory } = handle;
    if (offset === 0 || handle.entries === undefined) {
      handle.entries = [...this.#tree.entries(directory)];
      handle.state = directory.file.id;
    }
    const dots = dotsOf(directory);
    for (const [i, { name, node }] of dots.entries()) if (i >= offset) yield { name, node, next: i + 1 };
    for (let i = Math.max(0, offset - dots.length); i < handle.entries.length; i++) {
      const entry = handle.entries[i];
      if (entry === undefined) return;
      const node = handle.state === directory.file.id ? entry.node : this.#tree.lookup(directory, entry.name);
      if (node !== undefined) yield { name: entry.name, node, next: i + dots.length + 1 };
    }
  }
}
