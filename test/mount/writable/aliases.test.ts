import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { needMount } from "../../support/need-mount.ts";
import { withTempDir } from "../../support/temp-dir.ts";
import { withWritableMount } from "../../support/writable-mount.ts";

describe("names whose meaning follows from others, in a file that is written", function () {
  this.timeout(60_000);

  it("a group with two is a directory where it was one, also renamed, until that is removed; soft links lead where they led", async function () {
    needMount(this, "kernel");
    await h5wasm.ready;
    await withTempDir(async (directory) => {
      const file = join(directory, "file.h5");
      const made = new h5wasm.File(file, "w");
      const group = made.create_group("a");
      group.create_dataset({ name: "x", data: [1, 2, 3] });
      made.create_hard_link("/a", "b");
      made.create_group("h").create_soft_link("/nowhere", "soft");
      made.create_group("k");
      made.close();
      await withWritableMount(file, { transport: "kernel", options: ["mode=r+"] }, ({ dir }) => {
        const at = (name: string): string => join(dir, name);
        const types = (): string[] =>
          fs.readdirSync(dir, { withFileTypes: true }).map((entry) => `${entry.name}${entry.isDirectory() ? "/" : ""}`);
        assert.deepEqual([types(), fs.readlinkSync(at("b"))], [["a/", "b", "h/", "k/"], "a"]);
        assert.deepEqual(fs.readdirSync(at("b/")), ["x.npy"]);
        fs.renameSync(at("a"), at("c"));
        assert.deepEqual([types(), fs.readlinkSync(at("b"))], [["b", "c/", "h/", "k/"], "c"]);
        assert.equal(fs.readFileSync(at("b/x.npy")).length, 128 + 3 * 4);
        assert.equal(fs.readlinkSync(at("h/soft")), "../nowhere");
        fs.renameSync(at("h"), at("k/h"));
        assert.equal(fs.readlinkSync(at("k/h/soft")), "../../nowhere");
        fs.unlinkSync(at("c/x.npy"));
        fs.rmdirSync(at("c"));
        assert.deepEqual([types(), fs.readdirSync(at("b"))], [["b/", "k/"], []]);
        assert.equal(fs.statSync(dir).nlink, 4);
        fs.rmdirSync(at("b"));
      });
    });
  });
});
