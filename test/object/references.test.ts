import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import h5wasm, { Reference, RegionReference } from "h5wasm/node";
import { H5Error } from "../../src/errors.ts";
import { referenceType } from "../../src/object/datatypes.ts";
import { EditableFile } from "../../src/object/editable-file.ts";
import { LIBRARY_VERSIONS, type LibraryVersion } from "../../src/object/new-file.ts";
import { assertSoundAt } from "../support/sound.ts";
import { withTempDir } from "../support/temp-dir.ts";

const REGION = referenceType("region", 8);
const STANDARD = referenceType("object2", 8);

/** A file with something to refer to: /g, /g/x of 4 times 5, /y. */
function withFile(libver: LibraryVersion, use: (file: EditableFile, path: string) => void): Promise<void> {
  return withTempDir((directory) => {
    const path = join(directory, "a.h5");
    const file = EditableFile.open(path, { mode: "x", libver });
    file.createGroup("/g");
    file.createDataset("/g/x", { data: Int32Array.from({ length: 20 }, (_, i) => i), shape: [4, 5] });
    file.createDataset("/y", { data: [1.5] }).attributes.set("units", "m");
    use(file, path);
  });
}

/** Where libhdf5 says that references lead. */
function ledTo(file: InstanceType<typeof h5wasm.File>, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => ledTo(file, each));
  assert.ok(value instanceof Reference);
  if (value instanceof RegionReference) return plain(file.dereference(value).value);
  if (value.ref_data.every((byte) => byte === 0)) return null;
  const found = file.dereference(value);
  return found instanceof h5wasm.Group || found instanceof h5wasm.Dataset ? found.path : assert.fail(`${found}`);
}

function plain(value: unknown): unknown {
  return ArrayBuffer.isView(value) && value instanceof Int32Array ? [...value] : value;
}

describe("references from paths", () => {
  before(() => h5wasm.ready);

  for (const libver of LIBRARY_VERSIONS) {
    it(`lead libhdf5 there: ${libver}`, () =>
      withFile(libver, (file, path) => {
        const set = file.createDataset("/set", { dtype: "reference", data: ["/g/x", null, "/", "/y"] });
        set.write([0], "/g");
        const fields = [
          ["id", "i4"],
          ["two", "reference", [2]],
        ] as const;
        file.createDataset("/table", { dtype: fields, data: [{ id: 1, two: ["/y", "/g/x"] }] });
        file.createDataset("/lists", { dtype: { vlen: "reference" }, data: [["/y", "/g"], []] });
        const attributes = file.attributes("/g/x");
        attributes.set("DIMENSION_LIST", [["/y"], ["/g"]], { dtype: { vlen: "reference" } });
        attributes.set("DIMENSION_LIST", [["/y"], ["/y", "/"]], { dtype: "kept" });
        attributes.set("one", "/y", { dtype: "reference" });
        file.createDataset("/regions", {
          dtype: REGION,
          data: ["/g/x[1:3,0:2]", "/g/x[0:1,0:2]+[2:3,3:5]"],
        });
        assert.deepEqual(file.dataset("/regions").read(), ["/g/x[1:3,0:2]", "/g/x[0:1,0:2]+[2:3,3:5]"]);
        file.close();

        const read = new h5wasm.File(path, "r");
        const value = (at: string) => {
          const object = read.get(at);
          assert.ok(object instanceof h5wasm.Dataset);
          return object.value;
        };
        assert.deepEqual(ledTo(read, value("/set")), ["/g", null, "/", "/y"]);
        // Of several blocks h5wasm tells nothing.
        assert.deepEqual(ledTo(read, value("/regions")), [[5, 6, 10, 11], null]);
        const x = read.get("/g/x");
        assert.ok(x instanceof h5wasm.Dataset);
        assert.deepEqual(ledTo(read, x.attrs.one?.value), ["/y"]);
        read.close();
        assertSoundAt(path);
      }));
  }

  it("are paths again, also of the standard references of HDF5 1.12", () =>
    withFile("v110", (file, path) => {
      const texts = ["/g", "/g/x[1:3,0:2]", "/g/x[3,4]+[0,1]", "/g/x[]", '/y.attrs["units"]', null, "/"];
      file.createDataset("/standard", { dtype: STANDARD, data: texts });
      assert.deepEqual(file.dataset("/standard").read(), texts);
      file.dataset("/standard").write([5], "/y");
      file.attributes("/").set("r", texts, { dtype: STANDARD });
      assert.deepEqual(file.attributes("/").get("r"), texts);
      file.close();
      assertSoundAt(path);
    }));

  it("that lead nowhere are refused by name, and the file stays as it is", () =>
    withFile("v18", (file, path) => {
      file.createDataset("/refs", { dtype: "reference", shape: [2] });
      file.createDataset("/regions", { dtype: REGION, shape: [2] });
      file.createDataset("/g/x[0:1,0:1]", { data: 1 });
      file.externalLink("other.h5", "/x", "/outside");
      file.flush();
      const before = readFileSync(path);
      const refuses = (at: string, value: string | number, message: RegExp): void =>
        assert.throws(
          () => file.dataset(at).write([0], value),
          (error) => error instanceof H5Error && message.test(error.message),
        );
      refuses("/refs", "/g/no", /no reference can lead to "\/g\/no": \/g\/no: there is no such link/);
      refuses("/refs", "/g/x[0:1,0:2]", /there is no such link/);
      refuses("/refs", "", /is not the path of an object, or null/);
      refuses("/refs", 5, /is not the path of an object, or null/);
      refuses("/refs", "#0x123", /there is no object/);
      refuses("/refs", "/outside", /in another file/);
      refuses("/regions", "/g", /\/g is no dataset that has regions/);
      refuses("/regions", "/g/x[0:1]", /has 1 dimensions, its dataset 2/);
      refuses("/regions", "/g/x[0:5,0:1]", /0:5 is not within the 4 of its dataset/);
      refuses("/regions", "/g/x[0:4:2,0:1]", /regions with steps, and without an end, are not written/);
      refuses("/regions", "/g/x[0:2,0:2]+[1:3,1:3]", /blocks that overlap/);
      refuses("/regions", "/g/x[0,0:2]", /neither a point nor a block/);
      refuses("/regions", "/no[0:1]", /\/no: there is no such link/);
      assert.throws(() => file.createDataset("/a", { dtype: { ...REGION, size: 8 }, shape: [1] }), /it has 12 there/);
      file.flush();
      assert.deepEqual(readFileSync(path), before);
      // Both are datasets: which is meant, the text does not tell.
      file.createDataset("/g/x[0:1,0:2]", { data: [[1, 2]] });
      refuses("/regions", "/g/x[0:1,0:2]", /is the name of an object, and may mean part of another one/);
      file.close();
    }));
});
