import type { H5Error } from "../../src/errors.ts";
import type { FileNode } from "../../src/tree/node.ts";
import type { TextIndex } from "../../src/view/text-index.ts";
import type { Rendered } from "../job.ts";
import type { TextStore, Texts } from "../text-store.ts";
import { dependsOnAll } from "./live-states.ts";
import type { WholeTexts } from "./whole-texts.ts";

/**
 * The texts of a file that is being written. Those with paths of other objects may change with each change of the file: made
 * piece by piece they might never be done, so they are made at once where that is not much.
 */
export class LiveTexts implements Texts {
  readonly #store: TextStore;
  readonly #whole: WholeTexts;

  constructor(store: TextStore, whole: WholeTexts) {
    this.#store = store;
    this.#whole = whole;
  }

  size(node: FileNode): number | undefined {
    return this.#isWhole(node) ? this.#whole.size(node) : this.#store.size(node);
  }

  awaitSize(node: FileNode, unique: number): void {
    if (this.#isWhole(node)) this.#whole.bytes(node);
    else this.#store.awaitSize(node, unique);
  }

  read(
    node: FileNode,
    handle: number,
    unique: number,
    offset: number,
    size: number,
  ): readonly Uint8Array[] | undefined {
    if (this.#isWhole(node)) return [this.#whole.bytes(node).subarray(offset, offset + size)];
    return this.#store.read(node, handle, unique, offset, size);
  }

  restore(node: FileNode, index: TextIndex): void {
    if (!this.#isWhole(node)) this.#store.restore(node, index);
  }

  index(node: FileNode): TextIndex | undefined {
    return this.#store.index(node);
  }

  open(): number {
    return this.#store.open();
  }

  release(handle: number): void {
    this.#store.release(handle);
  }

  forget(node: FileNode): void {
    this.#store.forget(node);
  }

  cancel(unique: number): boolean {
    return this.#store.cancel(unique);
  }

  rendered(result: Rendered): void {
    this.#store.rendered(result);
  }

  progress(node: FileNode): string | undefined {
    return this.#store.progress(node);
  }

  problem(node: FileNode): H5Error | undefined {
    return this.#isWhole(node) ? this.#whole.problem(node) : this.#store.problem(node);
  }

  #isWhole(node: FileNode): boolean {
    return dependsOnAll(node) && this.#whole.isSmall(node);
  }
}
