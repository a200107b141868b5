import type { EncodedChunks } from "../../src/chunk/encoded-chunks.ts";
import { resultOf } from "../../src/view/result-of.ts";
import type { TextIndex } from "../../src/view/text-index.ts";
import { Preparing } from "../errno.ts";
import type { Request } from "../filesystem.ts";
import type { ComparedText } from "./compared-text.ts";
import { encodeAhead } from "./encode-ahead.ts";
import { elementsOfText } from "./future-elements.ts";
import { dependsOnAll } from "./live-states.ts";
import { compareText, type TextChange, type TextEdit } from "./text-edit.ts";

/** Bytes of text that are compared at once. */
const AT_ONCE = 2 ** 17;

/** What a text changes, and chunks that are written then. */
interface Found {
  readonly change: TextChange;
  readonly chunks: EncodedChunks;
}

/** `compareText` has thrown. */
interface Failed {
  readonly error: unknown;
}

/** What was done before a file is published. */
export type Prepared = PreparedText | EncodedChunks;

export function chunksOf(prepared: Prepared | undefined): EncodedChunks | undefined {
  return prepared instanceof PreparedText ? prepared.chunks : prepared;
}

/** What a text changes, found before the transaction that makes the change, and what it depends on. */
export class PreparedText {
  readonly #basis: readonly unknown[];
  readonly #name: string;
  readonly #found: Found | Failed;

  constructor(basis: readonly unknown[], name: string, found: Found | Failed) {
    this.#basis = basis;
    this.#name = name;
    this.#found = found;
  }

  /** Whether nothing that it depends on has changed. */
  isOf({ edit, basis }: ComparedText): boolean {
    return isSame(this.#basis, basis()) && edit.node.name === this.#name;
  }

  /** @throws as `compareText` has */
  get change(): TextChange {
    if ("error" in this.#found) throw this.#found.error;
    return this.#found.change;
  }

  get chunks(): EncodedChunks | undefined {
    return "error" in this.#found ? undefined : this.#found.chunks;
  }
}

/**
 * Much text is compared before it is published, while others are answered.
 * @returns what was found, where it still holds; `undefined`: it is to be found at once
 * @throws Preparing where the request is to be made again when it is found
 */
export function preparedText(compared: ComparedText, { patience = 0, prepared }: Request): PreparedText | undefined {
  if (prepared instanceof PreparedText && prepared.isOf(compared)) return prepared;
  if (patience === 0 || compared.edit.text.size <= AT_ONCE || dependsOnAll(compared.edit.node)) return undefined;
  throw new Preparing(prepare(compared, compared.basis(), compared.edit.node.name));
}

/** What a text changes. @param prepared what was found just now; `undefined`: it is found here */
export function changeOf({ edit, index }: ComparedText, prepared: Prepared | undefined): TextChange {
  return prepared instanceof PreparedText ? prepared.change : resultOf(compareText(edit, index));
}

/** @returns `undefined` where anything has changed meanwhile */
function* prepare(
  { edit, index, basis }: ComparedText,
  before: readonly unknown[],
  name: string,
): Generator<undefined, PreparedText | undefined> {
  const steps = find(edit, index);
  while (isSame(before, basis())) {
    try {
      const step = steps.next();
      if (step.done === true) return new PreparedText(before, name, step.value);
    } catch (error) {
      // As for whoever does it at once: what is no such text is found to be none.
      return new PreparedText(before, name, { error });
    }
    yield;
  }
  return undefined;
}

function* find(edit: TextEdit, index: TextIndex | undefined): Generator<undefined, Found> {
  const change = yield* compareText(edit, index);
  return { change, chunks: yield* encodeAhead(edit.dataset, elementsOfText(edit.dataset, change)) };
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
