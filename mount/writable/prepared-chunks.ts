import { EncodedChunks } from "../../src/chunk/encoded-chunks.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import { Preparing } from "../errno.ts";
import type { Request } from "../filesystem.ts";
import { encodeAhead } from "./encode-ahead.ts";
import { elementsOfArray } from "./future-elements.ts";
import type { OpenFile } from "./open-file.ts";

/** Bytes that are encoded at once. */
const AT_ONCE = 2 ** 20;

/**
 * Of an array that was written through `bin` or `npy`, chunks are encoded before it is published, while others are answered. They are
 * found by what is in them: those of which anything has changed meanwhile are encoded when they are written.
 * @throws Preparing where the request is to be made again when they are; H5Error where it is no such array
 */
export function preparedChunks(
  dataset: Dataset,
  file: OpenFile,
  { patience = 0, prepared }: Request,
): EncodedChunks | undefined {
  if (prepared instanceof EncodedChunks) return prepared;
  if (patience === 0 || file.memory <= AT_ONCE || dataset.filters.length === 0) return undefined;
  const elements = elementsOfArray(dataset, file);
  if (elements === undefined) return undefined;
  throw new Preparing(encodeAhead(dataset, elements));
}
