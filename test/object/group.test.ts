import assert from "node:assert/strict";
import { H5File } from "../../src/object/file.ts";
import { Group } from "../../src/object/group.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import type { Snapshot } from "../../src/storage/storage.ts";
import { fixtureBytes } from "../support/index-fixture.ts";

describe("a group of very many links", () => {
  it("is known to be one without reading them", () => {
    let reads = 0;
    const storage = new MemoryStorage(fixtureBytes("dense-links-5000"));
    const snapshot = storage.snapshot();
    const counting: Snapshot = {
      ...snapshot,
      read: (offset, length) => {
        reads++;
        return snapshot.read(offset, length);
      },
    };
    const file = H5File.open({ name: "counting", snapshot: () => counting, close: () => undefined });
    for (const link of file.root.links()) {
      const group = file.follow(link, file.root);
      if (!(group instanceof Group)) continue;
      reads = 0;
      assert.equal(group.hasMoreLinksThan(256), true, group.path);
      assert.ok(reads < 10, `${group.path}: ${reads} reads`);
    }
  });
});
