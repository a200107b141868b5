import type { DirectoryNode, TreeEntry } from "../src/tree/node.ts";
import { Errno, ErrnoError } from "./errno.ts";

/** An entry, and the offset by which the kernel asks for what follows it. */
export interface ListedEntry extends TreeEntry {
  readonly next: number;
}

interface Handle {
  readonly directory: DirectoryNode;
  /** The entries made and not yet passed; the first is number `base`. */
  pending: ListedEntry[];
  base: number;
  source: Iterator<ListedEntry>;
}

/**
 * Open directories. Entries are made while they are read, each once: a listing of a million goes on where it stopped, and
 * is not kept. An entry that did not fit into the reply is asked for again, so the last ones made are.
 */
export class DirectoryHandles {
  readonly #entries: (directory: DirectoryNode) => Iterable<TreeEntry>;
  readonly #handles = new Map<number, Handle>();
  #next = 1;

  /** @param entries lists a directory, from the start */
  constructor(entries: (directory: DirectoryNode) => Iterable<TreeEntry>) {
    this.#entries = entries;
  }

  open(directory: DirectoryNode): number {
    const handle = this.#next++;
    this.#handles.set(handle, { directory, pending: [], base: 0, source: this.#list(directory) });
    return handle;
  }

  release(handle: number): void {
    this.#handles.delete(handle);
  }

  /** The entries from number `offset` on. */
  *after(id: number, offset: number): Generator<ListedEntry> {
    const handle = this.#handles.get(id);
    if (handle === undefined) throw new ErrnoError(Errno.EBADF);
    if (offset < handle.base) {
      handle.pending = [];
      handle.base = 0;
      handle.source = this.#list(handle.directory);
    }
    for (let at = offset; ; at++) {
      const entry = this.#entry(handle, at);
      if (entry === undefined) return;
      // What lies before the first entry asked for has reached the kernel.
      if (at === offset) {
        handle.pending.splice(0, offset - handle.base);
        handle.base = offset;
      }
      yield entry;
    }
  }

  #entry(handle: Handle, number: number): ListedEntry | undefined {
    while (handle.base + handle.pending.length <= number) {
      const made = handle.source.next();
      if (made.done) return undefined;
      handle.pending.push(made.value);
    }
    return handle.pending[number - handle.base];
  }

  *#list(directory: DirectoryNode): Generator<ListedEntry> {
    let next = 0;
    for (const { name, node } of dotsOf(directory)) yield { name, node, next: ++next };
    for (const { name, node } of this.#entries(directory)) yield { name, node, next: ++next };
  }
}

/** What each directory has before its entries. */
export function dotsOf(directory: DirectoryNode): readonly TreeEntry[] {
  return [
    { name: ".", node: directory },
    { name: "..", node: directory.parent ?? directory },
  ];
}
