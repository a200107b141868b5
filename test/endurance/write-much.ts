/**
 * A program that writes GIB gibibytes of float32 into a contiguous dataset of a new file, in slices of 16 MiB, each a transaction or (`one`) all in one:
 * `node write-much.js FILE GIB each|one`. It prints the most memory that it had in each quarter of the way, in bytes.
 */
import { EditableFile } from "../../src/object/editable-file.ts";

const SLICE = 2 ** 22;

const [path = "", gib = "1", how = "each"] = process.argv.slice(2);
const slices = Math.ceil((Number(gib) * 2 ** 28) / SLICE);
const file = EditableFile.open(path, { mode: "x" });
const dataset = file.createDataset("/x", { dtype: "float32", shape: [slices * SLICE] });
const values = new Float32Array(SLICE);
const most = [0, 0, 0, 0];

function writeAll(): void {
  for (let n = 0; n < slices; n++) {
    values.fill(n);
    dataset.write([{ start: n * SLICE, stop: (n + 1) * SLICE }], values);
    const quarter = Math.floor((4 * n) / slices);
    most[quarter] = Math.max(most[quarter] ?? 0, process.memoryUsage.rss());
  }
}

if (how === "one") file.transaction(writeAll);
else writeAll();
file.close();
console.log(JSON.stringify(most));
