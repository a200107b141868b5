import { EditableFile } from "../../src/index.ts";

/** Makes many small changes to a new file: FILE groups|attributes|spread|rows COUNT each|one. Prints the seconds of processor time that they took. */
const [path = "", kind = "", count = "0", mode = ""] = process.argv.slice(2);

/** Prepares the file. @returns what makes one change */
function prepare(file: EditableFile): (i: number) => void {
  switch (kind) {
    case "groups":
      return (i) => file.createGroup(`/g${i}`);
    case "attributes": {
      file.createGroup("/g");
      const attributes = file.attributes("/g");
      return (i) => attributes.set(`a${i}`, i);
    }
    case "spread":
      for (let i = 0; i < 1000; i++) file.createGroup(`/g${i}`);
      return (i) => file.attributes(`/g${i % 1000}`).set(`a${i}`, i);
    case "rows": {
      const options = { dtype: "float64", shape: [0, 4], maxShape: [null, 4], chunks: [1024, 4] } as const;
      const dataset = file.createDataset("/x", options);
      return (i) => dataset.append(new Float64Array(4).fill(i));
    }
    default:
      throw new TypeError(`unknown kind of change: ${kind}`);
  }
}

const file = EditableFile.open(path, { mode: "w" });
const change = prepare(file);
const all = (): void => {
  for (let i = 0; i < Number(count); i++) change(i);
};
const before = process.cpuUsage();
if (mode === "one") file.transaction(all);
else all();
file.close();
const { user, system } = process.cpuUsage(before);
console.log((user + system) / 1e6);
