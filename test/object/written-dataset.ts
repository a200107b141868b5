import assert from "node:assert/strict";
import { join } from "node:path";
import { RangeReader } from "../../src/chunk/read-range.ts";
import type { Filter } from "../../src/format/filter-pipeline.ts";
import { Dataset } from "../../src/object/dataset.ts";
import { integerType } from "../../src/object/datatypes.ts";
import { H5File } from "../../src/object/file.ts";
import { addLink } from "../../src/object/link-edit.ts";
import { createFile, type LibraryVersion } from "../../src/object/new-file.ts";
import { type FileTransaction, WritableFile } from "../../src/object/writable-file.ts";
import { assertSound } from "../support/sound.ts";
import type { ArrayModel } from "./array-model.ts";

export const NOW = 1_700_000_000;

export const int32 = integerType(4, true);

export const DEFLATE: Filter = { id: 1, name: "deflate", optional: true, clientData: [4] };

export function link(transaction: FileTransaction, name: string, address: number): number {
  const named = { creationOrder: undefined, charset: "utf-8", kind: "hard", name, address } as const;
  addLink(transaction.edit, transaction.file.root.address, named);
  return address;
}

export function bytesOf(values: Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** A file with one dataset, "x", made by `make`, and its address. */
export function fileWith(
  directory: string,
  make: (transaction: FileTransaction) => number,
  libver: LibraryVersion = "v18",
) {
  const path = join(directory, "x.h5");
  createFile(path, { libver });
  const file = WritableFile.open(path);
  const address = file.transaction((transaction) => link(transaction, "x", make(transaction)));
  return { path, file, address };
}

export const simple = (dims: readonly number[], maxDims: readonly (number | undefined)[] = dims) =>
  ({ kind: "simple", dims, maxDims, maxDimsStored: true }) as const;

/** What a file must hold, by the names of its datasets. */
export type Models = ReadonlyMap<string, ArrayModel>;

export function assertReads(path: string, models: Models, message: string): void {
  const file = H5File.open(path);
  assertSound(file);
  for (const [name, model] of models) {
    const dataset = file.resolve(`/${name}`);
    assert.ok(dataset instanceof Dataset);
    assert.deepEqual(dataset.dims, model.shape, `${name}, ${message}`);
    const bytes = new RangeReader().read(dataset, name, 0, model.values.byteLength);
    assert.deepEqual(new Int32Array(bytes.slice().buffer), model.values, `${name}, ${message}`);
  }
  file.close();
}
