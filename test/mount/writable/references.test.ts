import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import h5wasm, { Reference } from "h5wasm/node";
import { EditableFile } from "../../../src/object/editable-file.ts";
import { needMount } from "../../support/need-mount.ts";
import { withTempDir } from "../../support/temp-dir.ts";
import { withWritableMount } from "../../support/writable-mount.ts";

describe("references in a file that is mounted to be written", function () {
  this.timeout(60_000);

  before(async function () {
    needMount(this, "kernel");
    await h5wasm.ready;
  });

  it("are changed by the paths of their objects, in x.attrs.json, csv and json; a path that leads nowhere changes nothing", () =>
    withTempDir(async (directory) => {
      const path = join(directory, "file.h5");
      const made = EditableFile.open(path, { mode: "x" });
      made.createGroup("/g");
      made.createDataset("/g/x", { data: [1, 2, 3] });
      made.createDataset("/y", { data: [1.5] });
      made.createDataset("/refs", { dtype: "reference", data: ["/g/x", null] });
      const region = { class: "reference", kind: "region", size: 12 } as const;
      const fields = [
        ["id", "i4"],
        ["to", "reference"],
        ["part", region],
      ] as const;
      const rows = [
        { id: 1, to: "/g", part: "/g/x[0:2]" },
        { id: 2, to: "/y", part: null },
      ];
      made.createDataset("/table", { dtype: fields, data: rows, maxShape: [null] });
      made.attributes("/g/x").set("DIMENSION_LIST", [["/y"]], { dtype: { vlen: "reference" } });
      made.close();

      await withWritableMount(path, { transport: "kernel", options: ["mode=r+"] }, ({ dir }) => {
        const at = (name: string): string => join(dir, name);
        const text = (name: string): string => fs.readFileSync(at(name), "utf8");
        const edit = (name: string, from: string, to: string): void => {
          assert.ok(text(name).includes(from), text(name));
          fs.writeFileSync(at(name), text(name).replace(from, to));
        };
        edit(".h5fs/g/x.attrs.json", '[["/y"]]', '[["/y", "/g"]]');
        fs.writeFileSync(
          at(".h5fs/y.attrs.json"),
          '{"origin": {"type": {"class": "reference", "kind": "object"}, "shape": [], "value": "/g/x"}}',
        );
        edit("refs.json", "null", '"/y"');
        assert.equal(text("table.csv"), "id,to,part\n1,/g,/g/x[0:2]\n2,/y,\n");
        edit("table.csv", "2,/y,", "2,/g/x,/g/x[2]");
        edit("table.csv", "1,/g,", "7,/g,");
        fs.appendFileSync(at("table.csv"), "3,,/g/x[1:3]\n");
        assert.equal(text("table.csv"), "id,to,part\n7,/g,/g/x[0:2]\n2,/g/x,/g/x[2]\n3,,/g/x[1:3]\n");
        assert.throws(() => edit("table.csv", "7,/g,", "7,/none,"), { code: "EINVAL" });
        assert.throws(() => edit(".h5fs/g/x.attrs.json", '"/g"', '"/none"'), { code: "EINVAL" });
        assert.throws(() => edit(".h5fs/refs.json", "/y", "/none"), { code: "EINVAL" });
        assert.match(text("table.csv"), /7,\/g,/);
        // What leads there is longer now, and so is its text.
        const known = fs.statSync(at("refs.json")).size + fs.statSync(at("table.csv")).size;
        fs.renameSync(at("g"), at("a_much_longer_name"));
        assert.ok(fs.statSync(at("refs.json")).size + fs.statSync(at("table.csv")).size > known);
        assert.match(text("refs.json"), /"\/a_much_longer_name\/x"[\s\S]*\]\n$/);
        assert.match(text("table.csv"), /2,\/a_much_longer_name\/x,\/a_much_longer_name\/x\[2\]\n3,,.*\n$/);
        fs.renameSync(at("a_much_longer_name"), at("g"));
      });

      const read = new h5wasm.File(path, "r");
      const ledTo = (at: string, name?: string): unknown => {
        const object = read.get(at);
        assert.ok(object instanceof h5wasm.Dataset);
        const value = name === undefined ? object.value : object.attrs[name]?.value;
        assert.ok(Array.isArray(value));
        return value.map((each) => {
          assert.ok(each instanceof Reference);
          const found = read.dereference(each);
          return found instanceof h5wasm.Group || found instanceof h5wasm.Dataset ? found.path : undefined;
        });
      };
      assert.deepEqual(ledTo("/refs"), ["/g/x", "/y"]);
      assert.deepEqual(ledTo("/y", "origin"), ["/g/x"]);
      read.close();
      const again = EditableFile.open(path);
      assert.deepEqual(again.attributes("/g/x").get("DIMENSION_LIST"), [["/y", "/g"]]);
      again.close();
    }));
});
