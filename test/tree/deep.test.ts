import assert from "node:assert/strict";
import { join } from "node:path";
import { createFile } from "../../src/object/new-file.ts";
import { makeGroup } from "../../src/object/path-edit.ts";
import { WritableFile } from "../../src/object/writable-file.ts";
import { Tree } from "../../src/tree/tree.ts";
import { withTempDir } from "../support/temp-dir.ts";

const DEPTH = 40;

describe("a name in a folder far below the root", () => {
  it("is found after a change without a look at all folders above it", () =>
    withTempDir((directory) => {
      const path = join(directory, "file.h5");
      createFile(path, { libver: "v18" });
      const file = WritableFile.open(path);
      const parts = new Array<string>(DEPTH).fill("g");
      file.transaction((transaction) => makeGroup(transaction, `/${parts.join("/")}/last`, true));
      const live = file.read();
      const tree = new Tree(live, { onlyListed: true });
      const folder = tree.resolve(`/${parts.join("/")}`);
      assert.ok(folder?.kind === "directory");
      file.transaction((transaction) => makeGroup(transaction, "/other", false));
      let asked = 0;
      const object = live.object.bind(live);
      live.object = (address, at) => {
        asked++;
        return object(address, at);
      };
      assert.equal(tree.lookup(folder, "last")?.kind, "directory");
      assert.ok(asked < 5, `${asked} objects were looked at`);
      file.close();
    }));
});
