import { join } from "node:path";
import h5wasm from "h5wasm/node";

/** The values that `writeSample` puts into its file: what a reader of the file is compared with. */
export const SAMPLE = {
  ramp: Float64Array.from({ length: 5000 }, (_, i) => i / 8 - 300),
  matrix: Int32Array.from({ length: 30 * 40 }, (_, i) => i * i - 77),
  words: ["alpha", "", "naïve café", "z"],
} as const;

/**
 * Writes a file with libhdf5 (as WebAssembly): a group with chunked and compressed arrays, strings, attributes, links of
 * each kind. Returns its path.
 */
export async function writeSample(directory: string): Promise<string> {
  await h5wasm.ready;
  const path = join(directory, "sample.h5");
  const file = new h5wasm.File(path, "w");
  const group = file.create_group("group");
  group.create_dataset({ name: "ramp", data: SAMPLE.ramp, shape: [5000], chunks: [700], compression: 4 });
  group.create_dataset({ name: "matrix", data: SAMPLE.matrix, shape: [30, 40], chunks: [7, 9], compression: 1 });
  file.create_dataset({ name: "words", data: [...SAMPLE.words] });
  file.create_dataset({ name: "scalar", data: 42, shape: [], dtype: "<i2" });
  file.create_attribute("title", "a sample");
  group.create_attribute("numbers", Int32Array.of(1, 2, 3));
  file.create_soft_link("/group/ramp", "soft");
  file.create_soft_link("/nowhere", "dangling");
  file.create_hard_link("/group/ramp", "hard");
  file.create_hard_link("/group", "other");
  file.create_external_link("elsewhere.h5", "x", "external");
  file.close();
  return path;
}
