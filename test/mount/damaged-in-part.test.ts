import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { attributesOf } from "../../mount/node-attributes.ts";
import { H5Error } from "../../src/errors.ts";
import { H5File } from "../../src/object/file.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { Tree } from "../../src/tree/tree.ts";
import { projectRoot } from "../support/project.ts";
import { FACTS } from "./facts.ts";

/** A fixture with a byte changed, so far from where `found` first is. */
function damaged(fixture: string, found: string, distance: number): H5File {
  const bytes = readFileSync(join(projectRoot(), "test/data", fixture));
  const at = bytes.indexOf(found, 0, "latin1");
  assert.ok(at >= 0);
  bytes[at + distance] = 0xee;
  return H5File.open(new MemoryStorage(bytes));
}

function fails(operation: () => unknown): boolean {
  try {
    operation();
    return false;
  } catch (error) {
    assert.ok(error instanceof H5Error);
    return true;
  }
}

describe("what is damaged in part", () => {
  it("a group whose links cannot be read still has attributes; its listing tells the damage", () => {
    const tree = new Tree(damaged("engine/many-links.h5", "SNOD", 0));
    const { nlink, mode } = attributesOf(tree.root, 0, FACTS);
    assert.equal(nlink, 1);
    assert.equal(mode & 0o777, 0o550);
    assert.throws(() => [...tree.entries(tree.root)], H5Error);
  });

  it("a dataset with a damaged attribute still shows its data", () => {
    // The attribute message's version is 8 bytes before the name.
    const tree = new Tree(damaged("pytables/meaning.h5", "NODE_TYPE\0", -8));
    const entries = [...tree.entries(tree.root)];
    assert.deepEqual(
      entries.filter(({ node }) => node.kind === "broken"),
      [],
    );
    const hit = entries
      .map(({ node }) => node)
      .find((node) => node.kind === "file" && fails(() => node.object.attributes()));
    assert.ok(hit?.kind === "file");
    assert.ok(hit.view === "npy" || hit.view === "bin");
  });
});
