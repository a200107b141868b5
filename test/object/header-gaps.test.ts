import assert from "node:assert/strict";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { setAttribute } from "../../src/object/attribute-edit.ts";
import { integerType } from "../../src/object/datatypes.ts";
import { EditableFile } from "../../src/object/editable-file.ts";
import { withTempDir } from "../support/temp-dir.ts";

describe("gaps in object headers", () => {
  it("libhdf5 reads a header in which messages were replaced by ones that are a little smaller", () =>
    withTempDir(async (directory) => {
      const path = join(directory, "file.h5");
      const file = EditableFile.open(path, { mode: "x", libver: "v18" });
      const set = (group: string, name: string, size: number): void =>
        file.transaction(({ file: now, edit }) => {
          const dims = [size];
          setAttribute(edit, now.resolve(group).address, {
            name,
            charset: "utf-8",
            datatype: integerType(1, false),
            dataspace: { kind: "simple", dims, maxDims: dims, maxDimsStored: false },
            data: new Uint8Array(size).fill(size),
          });
        });
      for (let size = 10; size <= 110; size++) {
        const group = `${size}`;
        file.createGroup(group);
        // Each time it is smaller by less than a message's head.
        for (const less of [0, 2, 5]) set(group, "attribute", size - less);
      }
      file.close();
      const { activate_throwing_error_handler, deactivate_throwing_error_handler } = await h5wasm.ready;
      activate_throwing_error_handler();
      const wasm = new h5wasm.File(path, "r");
      for (const name of wasm.keys()) {
        const group = wasm.get(name);
        assert.ok(group instanceof h5wasm.Group);
        const size = Number(name) - 5;
        assert.deepEqual(group.get_attribute("attribute", false), new Uint8Array(size).fill(size));
      }
      wasm.close();
      deactivate_throwing_error_handler();
    }));
});
