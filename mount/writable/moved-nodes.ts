import { childPath } from "../../src/tree/canonical-name.ts";
import type { DirectoryNode, FileNode, Node } from "../../src/tree/node.ts";
import type { Tree } from "../../src/tree/tree.ts";
import type { Attributes } from "../filesystem.ts";
import { S_IFDIR, S_IFREG } from "../node-attributes.ts";
import type { NodeTable } from "../node-table.ts";
import type { Metadata } from "./metadata.ts";
import type { NamePlace } from "./names.ts";
import type { OpenFiles } from "./open-files.ts";
import type { ViewNotices } from "./view-notices.ts";

const NEVER = { seconds: 0, nanoseconds: 0 };
const NOTHING = { ino: 0, size: 0, blocks: 0, nlink: 0, uid: 0, gid: 0, rdev: 0, blksize: 4096 };
const GONE = { ...NOTHING, atime: NEVER, mtime: NEVER, ctime: NEVER };

/** Keeps the nodes that the kernel knows true when names change. */
export class MovedNodes {
  readonly #tree: Tree;
  readonly #nodes: NodeTable;
  readonly #files: OpenFiles;
  readonly #metadata: Metadata;
  readonly #notices: ViewNotices;
  /** Of what is no more, as long as the kernel knows it: what it was at the end. */
  readonly removed = new Map<number, Attributes>();

  constructor(tree: Tree, nodes: NodeTable, files: OpenFiles, metadata: Metadata, notices: ViewNotices) {
    this.#notices = notices;
    this.#tree = tree;
    this.#files = files;
    this.#nodes = nodes;
    this.#metadata = metadata;
  }

  /** What a node was, before it goes. */
  attributes(node: Node): Attributes {
    return { ...this.#metadata.of(node), nlink: 0 };
  }

  /** The node is no more. @param attributes what it was */
  gone(node: Node, attributes: Attributes): void {
    // What is in another file has addresses of its own.
    if ((node.kind !== "directory" && node.kind !== "file") || node.file !== this.#tree.file) {
      this.#remove(node.key, attributes);
      return;
    }
    this.#metadata.forget(node.address);
    this.#files.problems.delete(node.address);
    this.#tree.forget(node.address);
    // Another object may come to be at its address.
    const ofFile = node.kind === "file" ? attributes : { ...attributes, mode: S_IFREG | (attributes.mode & 0o666) };
    for (const { nodeid, key } of [...this.#nodes.showing(node.address)]) {
      this.#nodes.remove(key);
      this.removed.set(nodeid, key === `${node.address}:directory` ? attributes : ofFile);
    }
    this.#remove(node.key, attributes);
  }

  /** All that was below a directory is no more. Nothing of it is open. */
  goneBelow(path: string): void {
    const isBelow = (node: Node): boolean => node.path.startsWith(`${path}/`);
    for (const node of [...this.#nodes.directories(), ...this.#nodes.files()].filter(isBelow)) {
      // What it was can be read no more.
      this.gone(node, { ...GONE, mode: node.kind === "directory" ? S_IFDIR : S_IFREG });
    }
  }

  /** Nodes as they were, and where they are now. */
  moved(moves: readonly { readonly before: Node; readonly place: NamePlace }[]): void {
    // Two directories that change places: what is below both is found before either has moved.
    const steps = moves.flatMap(({ before, place: { directory, name } }) => {
      const known = before.kind === "directory" ? this.#nodes.known(before.key) : undefined;
      return known?.kind === "directory" ? this.#below(known, directory, childPath(directory.path, name)) : [];
    });
    for (const step of steps) step();
    const changes: { key: string; node: Node }[] = [];
    for (const { before, place } of moves) {
      if (before.kind === "directory") continue;
      // Its text is another one there, and the kernel has the old one.
      if (before.kind === "symlink" && before.record === undefined) this.#nodes.remove(before.key);
      const { directory, name } = place;
      const node = this.#tree.listed(directory, name)?.node;
      if (node === undefined) continue;
      changes.push({ key: before.key, node });
      if (node.kind === "file") this.#files.moved(before.key, node);
    }
    this.#nodes.rekey(changes);
  }

  /** What the kernel knows as `before` is `node` from now on. */
  became(before: Node, node: FileNode): void {
    this.#nodes.rekey([{ key: before.key, node }]);
    this.#notices.changedItself(node, true);
    this.#notices.changed(node, true);
  }

  /** What gives a directory, and all that is known below it, their new places. */
  #below(moving: DirectoryNode, parent: DirectoryNode, path: string): (() => void)[] {
    const old = moving.path;
    const isBelow = (node: Node): boolean => node.path.startsWith(`${old}/`);
    const moved = (node: Node): string => path + node.path.slice(old.length);
    const steps = [() => moving.move({ path, parent })];
    for (const node of this.#nodes.directories()) {
      const place = moved(node);
      if (isBelow(node)) steps.push(() => node.move({ path: place, parent: node.parent }));
    }
    for (const node of new Set([...this.#nodes.files(), ...this.#files.nodes()])) {
      const place = moved(node);
      if (isBelow(node)) steps.push(() => node.move(place));
    }
    return steps;
  }

  #remove(key: string, attributes: Attributes): void {
    const nodeid = this.#nodes.remove(key);
    if (nodeid !== undefined) this.removed.set(nodeid, attributes);
  }
}
