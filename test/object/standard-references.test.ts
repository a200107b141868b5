import assert from "node:assert/strict";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Dataset } from "../../src/object/dataset.ts";
import { EditableFile } from "../../src/object/editable-file.ts";
import { H5File } from "../../src/object/file.ts";
import { LIBRARY_VERSIONS } from "../../src/object/new-file.ts";
import { repackFile } from "../../src/object/repack.ts";
import type { Value } from "../../src/object/value.ts";
import { projectRoot } from "../support/project.ts";
import { assertSound } from "../support/sound.ts";
import { withTempDir } from "../support/temp-dir.ts";

const DATA = join(projectRoot(), "test/data/references");

function referencesIn(file: H5File, path: string): Value {
  const object = file.resolve(path);
  assert.ok(object instanceof Dataset);
  return object.readNested();
}

/** As they are shown, of objects that are elsewhere. */
function moved(to: string): (string | null)[] {
  return [
    `${to}/group`,
    `${to}/group/x`,
    `${to}/group/x[2:7:4,3:11:3×2]`,
    `${to}/group/x[9,9]+[0,1]+[5,5]`,
    `${to}/group/x`,
    `${to}/group/x.attrs["units"]`,
    `${to}/group.attrs["a \\"name\\""]`,
    null,
  ];
}

describe("standard references", () => {
  it("lead where libhdf5 says that they lead: to objects, regions, attributes, nowhere", () => {
    const truth: { references: (null | [object: string, attribute: string | null, points: number | null])[] } =
      JSON.parse(readFileSync(join(DATA, "standard.json"), "utf8"));
    const file = H5File.open(join(DATA, "standard.h5"));
    assert.deepEqual(referencesIn(file, "/references"), moved(""));
    const attributed = truth.references.map((each) => each?.[1] ?? null);
    assert.deepEqual(attributed, [null, null, null, null, null, "units", 'a "name"', null]);
    const objects = truth.references.map((each) => each?.[0] ?? null);
    assert.deepEqual(
      objects,
      moved("").map((text) => text?.replace(/[.[].*/, "") ?? null),
    );
    file.close();
  });

  it("into another file are told by its name", () => {
    const file = H5File.open(join(DATA, "outside.h5"));
    const told = referencesIn(file, "/references");
    assert.ok(Array.isArray(told));
    assert.match(String(told[5]), /^standard\.h5:#0x[0-9a-f]+\.attrs\["units"\]$/);
    assert.equal(told[7], null);
    file.close();
  });

  for (const libver of LIBRARY_VERSIONS) {
    it(`lead to the copies of their objects, in a file of ${libver}, too, and after repacking`, () =>
      withTempDir((directory) => {
        const path = join(directory, "a.h5");
        const source = H5File.open(join(DATA, "standard.h5"));
        const file = EditableFile.open(path, { mode: "x", libver });
        assert.deepEqual(file.copy("/", "/copy", source), { lostReferences: 0 });
        assert.deepEqual(referencesIn(file.file, "/copy/references"), moved("/copy"));
        assert.deepEqual(file.attributes("/copy/group").get("references"), moved("/copy"));
        // Without the objects: null, and told; but for the ones that lead nowhere as it is.
        assert.deepEqual(file.copy("/references", "/alone", source), { lostReferences: 7 });
        assert.deepEqual(referencesIn(file.file, "/alone"), Array(8).fill(null));
        // Within one file, to the same objects.
        file.copy("/copy/references", "/same");
        assert.deepEqual(referencesIn(file.file, "/same"), moved("/copy"));
        assertSound(file.file);
        file.close();
        repackFile(path);
        const again = H5File.open(path);
        assert.deepEqual(referencesIn(again, "/same"), moved("/copy"));
        assertSound(again);
        again.close();
        source.close();
      }));
  }

  it("into another file are copied as they are", () =>
    withTempDir((directory) => {
      const path = join(directory, "a.h5");
      copyFileSync(join(DATA, "outside.h5"), path);
      const before = H5File.open(path);
      const told = referencesIn(before, "/references");
      before.close();
      repackFile(path);
      const after = H5File.open(path);
      assert.deepEqual(referencesIn(after, "/references"), told);
      after.close();
    }));
});
