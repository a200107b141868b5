import { RangeReader } from "../../src/chunk/read-range.ts";
import { H5Error } from "../../src/errors.ts";
import { Dataset } from "../../src/object/dataset.ts";
import { EditableFile } from "../../src/object/editable-file.ts";
import { Group } from "../../src/object/group.ts";
import { walkObjects } from "../../src/object/walk.ts";
import { writeSelection } from "../../src/object/write-dataset.ts";

/** Everything that is added is in this group: what else a file has must be as it was. */
export const EDITS = "/~edits";

/** Edits by name; what cannot be done is told by an H5Error. */
type Edit = readonly [name: string, edit: (file: EditableFile) => void];

/** Objects and links that an edit is tried on, of all that a file has. */
const TRIED = 5;

export const EDIT_NAMES: readonly string[] = [
  "groups",
  "datasets",
  "append",
  "resize",
  "attributes",
  "attributes-replaced",
  "renames",
  "copies",
  "values-rewritten",
  "deletes",
];

const MAKE: readonly Edit[] = [
  ["groups", (file) => file.createGroup(`${EDITS}/a/b`, { parents: true })],
  [
    "datasets",
    (file) => {
      file.createDataset(`${EDITS}/table`, {
        dtype: [
          ["id", "i4"],
          ["text", "S5"],
        ],
        data: [{ id: 1, text: "one" }],
      });
      file.createDataset(`${EDITS}/words`, { data: ["a", "bb", "ccc"] });
      const options = { dtype: "int32", shape: [0, 7], maxShape: [null, 7], filters: ["shuffle", "gzip"] } as const;
      file.createDataset(`${EDITS}/grown`, options);
    },
  ],
  [
    "append",
    (file) => {
      const grown = file.dataset(`${EDITS}/grown`);
      for (let row = 0; row < 20; row++) grown.append(Int32Array.from({ length: 70 }, (_, i) => row * 70 + i));
    },
  ],
  [
    "resize",
    (file) => {
      const grown = file.dataset(`${EDITS}/grown`);
      grown.resize([150, 7]);
      grown.resize([180, 7]);
    },
  ],
  [
    "attributes",
    (file) => {
      for (const path of someObjects(file)) {
        file.attributes(path).set("~number", [1.5, 2.5]);
        file.attributes(path).set("~text", "naïve");
      }
    },
  ],
  [
    "attributes-replaced",
    (file) => {
      for (const path of someObjects(file)) {
        file.attributes(path).set("~number", "a text of another length altogether");
        file.attributes(path).delete("~number");
        file.attributes(path).delete("~text");
      }
    },
  ],
  [
    "renames",
    (file) => {
      const names = Array.from(file.file.root.links(), ({ name }) => name).filter(
        (name) => !`/${name}`.startsWith(EDITS),
      );
      for (const name of names.slice(0, TRIED)) {
        file.move(`/${name}`, `${EDITS}/a/${name}`);
        file.move(`${EDITS}/a/${name}`, `/${name}`);
      }
    },
  ],
  [
    "copies",
    (file) => {
      for (const [i, path] of someObjects(file).entries()) if (path !== "/") file.copy(path, `${EDITS}/copy${i}`);
    },
  ],
  ["values-rewritten", rewriteSame],
  [
    "deletes",
    (file) => {
      for (let i = 0; i < 12; i++) file.createGroup(`${EDITS}/gone/group ${i}`, { parents: true });
      file.delete(`${EDITS}/gone`);
      file.delete(`${EDITS}/words`);
      file.delete(`${EDITS}/a`);
    },
  ],
];

/** Paths of the root and of some objects below it. */
function someObjects(file: EditableFile): string[] {
  const paths = new Map([[file.file.root.address, ""]]);
  const found: string[] = [];
  for (const { address, name, parent } of walkObjects(file.file.root)) {
    const path = `${paths.get(parent) ?? ""}/${name}`;
    paths.set(address, path);
    if (!path.startsWith(EDITS)) found.push(path);
    if (found.length === TRIED) break;
  }
  return ["/", ...found];
}

/** Datasets get the values that they have: in place, or by another chunk. */
function rewriteSame(file: EditableFile): void {
  for (const path of someObjects(file)) {
    const object = file.file.resolve(path);
    if (!(object instanceof Dataset) || object.elementCount === 0 || object.elementCount > 1e6) continue;
    if (object.dataspace.kind === "null") continue;
    file.transaction((transaction) => {
      const { elementSize, dims } = object;
      const bytes = new RangeReader().read(object, path, 0, object.elementCount * elementSize);
      const selectors = dims.map((count) => ({ kind: "range", start: 0, step: 1, count }) as const);
      writeSelection(transaction, object.address, { selectors, runs: [{ offset: 0, length: elementSize }] }, bytes);
    });
  }
}

/** What came of each edit: "" or why it was refused. @throws H5Error where the file cannot be changed at all */
export function editFile(path: string): Record<string, string> {
  const file = EditableFile.open(path);
  const results: Record<string, string> = {};
  try {
    for (const [name, edit] of MAKE) {
      results[name] = "";
      try {
        file.transaction(() => edit(file));
      } catch (error) {
        if (!(error instanceof H5Error)) throw error;
        results[name] = error.message;
      }
    }
    if (file.file.root.link(EDITS.slice(1)) !== undefined && !(file.file.resolve(EDITS) instanceof Group)) {
      throw new TypeError(`${EDITS} is no group`);
    }
  } finally {
    file.close();
  }
  return results;
}
