import { cacheName } from "../src/tree/element-source.ts";
import type { FileNode } from "../src/tree/node.ts";

/** What tells the states apart of what is read, where the file changes meanwhile. */
export interface ReadStates {
  /** Another string after each change by which a node's text may have become another. */
  text(node: FileNode): string;
  elements(node: FileNode): Elements;
  /** Another number when what was described to other threads before is not to be read any more. */
  readonly epoch: number;
}

/** A dataset's elements as they are now. */
export interface Elements {
  /** Names the dataset among those of all files. */
  readonly dataset: string;
  /** Another string after each change of them. */
  readonly state: string;
}

/** Of files that do not change. */
export const UNCHANGING: ReadStates = {
  text: () => "",
  elements: (node) => ({ dataset: cacheName(node), state: "" }),
  epoch: 0,
};
