import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { RangeReader } from "../../src/chunk/read-range.ts";
import { Dataset } from "../../src/object/dataset.ts";
import { H5File } from "../../src/object/file.ts";
import { ByteSink } from "../../src/object/text/byte-sink.ts";
import { elementSource } from "../../src/tree/element-source.ts";
import { render, textOf } from "../../src/view/render.ts";
import { projectRoot } from "../../test/support/project.ts";
import { output } from "../../test/support/run.ts";
import { type Contestant, interleave, printTable } from "./measure.ts";
import { reading, withH5fs } from "./peers.ts";

const MILLION = 1e6;

/** The arrays that make_data.py puts into the file `text`, and what they hold. */
const ARRAYS: Record<string, string> = {
  i32: "int32",
  i64: "int64 of 53 bits",
  f64_3: "float64 of three decimals",
  f64: "float64, random",
  f32: "float32, random",
};

/** CSV export of a table through a new mount, and by pandas of values that it has read before; then single arrays without a mount. */
export async function benchText(file: string, python: string, reader: string, rounds: number): Promise<void> {
  const peer = (dataset: string, ...more: string[]): Contestant["trial"] => {
    return async () =>
      Number(
        await output(python, [join(projectRoot(), "scripts/bench/pandas_csv.py"), file, dataset, ...more], {
          timeout: 300_000,
        }),
      );
  };
  const { elements, columns } = withDataset(file, "table", (dataset) => ({
    elements: dataset.elementCount,
    columns: dataset.datatype.class === "compound" ? dataset.datatype.members.length : 1,
  }));
  const mounted = (name: string) => (): Promise<number> =>
    withH5fs(file, name, async (path) => {
      const { seconds } = await reading(reader, "seq", path, String(1 << 20), "direct");
      return (elements * columns) / seconds / MILLION;
    });
  const table = await interleave(
    [
      { name: "h5fs, mounted: t.csv", trial: mounted("table.csv") },
      { name: "pandas to_csv", trial: peer("table") },
    ],
    rounds,
  );
  printTable(
    `text: CSV of a table of ${elements / MILLION} million rows, ${columns} columns`,
    "million values/s",
    table,
  );

  for (const [name, what] of Object.entries(ARRAYS)) {
    const results = await interleave(
      [
        { name: "h5fs, one thread", trial: async () => formatted(file, name) },
        { name: "String(x)", trial: async () => stringified(file, name) },
        { name: "pandas to_csv", trial: peer(name) },
        { name: "numpy.savetxt", trial: peer(name, "savetxt") },
      ],
      rounds,
    );
    printTable(`text: ${what}`, "million values/s", results);
  }
}

function withDataset<T>(path: string, name: string, use: (dataset: Dataset) => T): T {
  const file = H5File.open(path);
  try {
    const dataset = file.resolve(`/${name}`);
    if (!(dataset instanceof Dataset)) throw new Error(`${path} has no dataset ${name}`);
    return use(dataset);
  } finally {
    file.close();
  }
}

function formatted(path: string, name: string): number {
  return withDataset(path, name, (dataset) => {
    const text = textOf("csv", elementSource(dataset, name, new RangeReader(), undefined));
    const sink = new ByteSink(1 << 18);
    const before = performance.now();
    for (const _ of render(text, 0, dataset.elementCount, sink)) sink.length = 0;
    return dataset.elementCount / ((performance.now() - before) / 1000) / MILLION;
  });
}

/** The text of the values one after the other, and no more. */
function stringified(path: string, name: string): number {
  return withDataset(path, name, (dataset) => {
    const { buffer } = Uint8Array.from(
      new RangeReader().read(dataset, name, 0, dataset.elementCount * dataset.elementSize),
    );
    const values = { i32: Int32Array, i64: BigInt64Array, f32: Float32Array }[name] ?? Float64Array;
    let length = 0;
    const before = performance.now();
    for (const value of new values(buffer)) length += String(value).length + 1;
    const seconds = (performance.now() - before) / 1000;
    return length > 0 ? dataset.elementCount / seconds / MILLION : Number.NaN;
  });
}
