import { H5Error, UnsupportedError } from "../errors.ts";
import type { Dataset } from "./dataset.ts";
import { externalDataOf } from "./external-storage.ts";
import { storedElements } from "./stored-elements.ts";

/** What is wrong with a dataset: told by its reader, or found here. */
export interface DatasetFinding {
  readonly message: string;
  readonly error: H5Error | undefined;
}

/** @param data whether every element is decoded, too @param decoded so many more bytes of them are */
export function* checkDataset(
  dataset: Dataset,
  data: boolean,
  decoded: (bytes: number) => void,
): Generator<DatasetFinding> {
  const problem = dataset.problem();
  if (problem !== undefined) {
    yield failure(ofThisFile(dataset, problem));
    return;
  }
  try {
    yield* checkChunks(dataset);
    if (data) decodeAll(dataset, decoded);
  } catch (error) {
    if (!(error instanceof H5Error)) throw error;
    yield failure(ofThisFile(dataset, error));
  }
}

/** That raw data in other files cannot be read says nothing of this one: they may have been left behind. */
function ofThisFile(dataset: Dataset, error: H5Error): H5Error {
  if (error.kind !== "io" || externalDataOf(dataset) === undefined) return error;
  return new UnsupportedError(error.message, { path: dataset.path, cause: error });
}

function failure(error: H5Error): DatasetFinding {
  return { message: error.message, error };
}

function damage(message: string): DatasetFinding {
  return { message, error: undefined };
}

function* checkChunks({ storage, filters }: Dataset): Generator<DatasetFinding> {
  if (storage.kind !== "chunked") return;
  const { index, geometry } = storage;
  const { chunkDims, elementSize } = geometry;
  const chunkSize = chunkDims.reduce((product, dim) => product * dim, elementSize);
  for (const { scaled, record } of index.entries()) {
    const name = `chunk [${scaled.join(", ")}]`;
    if (index.find(scaled)?.address !== record.address) {
      yield damage(`${name} is in the index, but is not found by its coordinates`);
    }
    if (record.storedSize === 0 || (filters.length === 0 && record.storedSize !== chunkSize)) {
      yield damage(`${name} has ${record.storedSize} bytes, expected ${chunkSize}`);
    }
  }
}

/** @throws H5Error where a chunk does not decode */
function decodeAll(dataset: Dataset, decoded: (bytes: number) => void): void {
  for (const elements of storedElements(dataset)) decoded(elements.length);
}
