import { cacheName } from "../src/tree/element-source.ts";
import type { FileNode } from "../src/tree/node.ts";

/** What tells the states apart of what is read, where the file changes meanwhile. */
export interface ReadStates {
  /** Another string after each change by which a node's text may have become another. */
  text(node: FileNode): string;
  /** Names a dataset's elements, as they are now, among those of all files. */
  elements(node: FileNode): string;
  /** Another number when what was described to other threads before is not to be read any more. */
  readonly epoch: number;
}

/** Of files that do not change. */
export const UNCHANGING: ReadStates = { text: () => "", elements: cacheName, epoch: 0 };
