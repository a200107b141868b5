import assert from "node:assert/strict";
import { rmdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { EditableFile } from "../../../src/object/editable-file.ts";
import { WritableFile } from "../../../src/object/writable-file.ts";
import { eventually } from "../../support/eventually.ts";
import { needMount } from "../../support/need-mount.ts";
import { withTempDir } from "../../support/temp-dir.ts";
import { withWritableMount } from "../../support/writable-mount.ts";

describe("free space of a mounted file", () => {
  before(function () {
    needMount(this, "kernel");
  });

  it("is looked for when the mount is idle after a change, and cut off at the end of the file", () =>
    withTempDir(async (directory) => {
      const path = join(directory, "file.h5");
      const made = EditableFile.open(path, { mode: "x", libver: "earliest" });
      // More structures than are looked through before the first change.
      made.transaction(() => {
        for (let i = 0; i < 1500; i++) made.createGroup(`/group ${i}`);
      });
      made.close();
      const { size } = statSync(path);
      const lost = 6 * 2 ** 20;
      const loser = WritableFile.open(path);
      // Nothing leads to it.
      loser.transaction(({ edit }) => edit.write(edit.allocate(lost, "raw"), new Uint8Array(lost)));
      loser.close();
      assert.ok(statSync(path).size > lost);
      // Without the times of the root, which would be put at the end.
      await withWritableMount(path, { options: ["mode=r+", "posix=off"] }, async (mount) => {
        rmdirSync(join(mount.dir, "group 7"));
        await eventually("the file is short again", () => statSync(path).size < lost);
      });
      assert.ok(statSync(path).size < size + 2 ** 20);
    }));
});
