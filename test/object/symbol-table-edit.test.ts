import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { Group } from "../../src/object/group.ts";
import { addLink, removeLink } from "../../src/object/link-edit.ts";
import { createGroup } from "../../src/object/new-object.ts";
import { WritableFile } from "../../src/object/writable-file.ts";
import { seededRandom } from "../storage/journal/cell-file.ts";
import { projectRoot } from "../support/project.ts";
import { assertSound } from "../support/sound.ts";
import { withTempDir } from "../support/temp-dir.ts";

const LINK = { creationOrder: undefined, charset: "ascii", kind: "soft" } as const;

/** Names of all lengths, many of which begin alike. */
function nameOf(random: () => number): string {
  const n = Math.floor(random() * 4000);
  return n % 3 === 0 ? `n${n}` : n % 3 === 1 ? `name with ${n} ${"x".repeat(n % 40)}` : `${n}`;
}

function check(file: WritableFile, model: ReadonlyMap<string, string>): void {
  const group = file.read().root.get("links");
  assert.ok(group instanceof Group);
  const found = [...group.links()].map((link) => [link.name, link.kind === "soft" ? link.target : link.kind]);
  assert.deepEqual(
    found,
    [...model].sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  for (const name of [...model.keys()].slice(0, 50)) assert.equal(group.link(name)?.name, name);
}

describe("symbol tables, edited in place", () => {
  // The K values of a group's nodes differ, and so do the sizes of offsets and lengths.
  for (const name of ["sizes-4-4.h5", "many-links.h5"]) {
    it(`${name}: thousands of links come and go, and libhdf5 finds those that are there`, async () => {
      const { activate_throwing_error_handler, deactivate_throwing_error_handler } = await h5wasm.ready;
      await withTempDir((directory) => {
        const path = join(directory, "links.h5");
        copyFileSync(join(projectRoot(), "test/data/engine", name), path);
        const random = seededRandom(11);
        const model = new Map<string, string>();
        const names: string[] = [];
        const file = WritableFile.open(path);
        const group = file.transaction(({ file: now, edit }) => {
          const address = createGroup(edit, 0);
          addLink(edit, now.root.address, { ...LINK, kind: "hard", name: "links", address });
          return address;
        });
        for (let round = 0; round < 16; round++) {
          // More come at first, more go later, and at last all.
          const removed = round < 8 ? 0.1 : 0.85;
          file.transaction(({ edit }) => {
            for (let n = 0; n < 120; n++) {
              const at = Math.floor(random() * names.length);
              const some = names[at];
              if (some !== undefined && random() < removed) {
                assert.equal(removeLink(edit, group, some)?.name, some);
                model.delete(some);
                names.splice(at, 1);
                continue;
              }
              const fresh = nameOf(random);
              if (model.has(fresh)) continue;
              addLink(edit, group, { ...LINK, name: fresh, target: `/to/${fresh}` });
              model.set(fresh, `/to/${fresh}`);
              names.push(fresh);
            }
          });
          check(file, model);
          assertSound(file.read());
          if (round === 7) assert.ok(model.size > 500);
        }
        file.transaction(({ edit }) => {
          for (const [gone] of [...model].slice(model.size >> 1)) {
            removeLink(edit, group, gone);
            model.delete(gone);
          }
        });
        check(file, model);
        file.close();

        activate_throwing_error_handler();
        try {
          const wasm = new h5wasm.File(path, "a");
          const links = wasm.get("links");
          assert.ok(links instanceof h5wasm.Group);
          assert.deepEqual(links.keys().sort(), [...model.keys()].sort());
          for (let i = 0; i < 100; i++) links.create_group(`theirs ${i}`);
          wasm.close();
        } finally {
          deactivate_throwing_error_handler();
        }
        const again = WritableFile.open(path);
        const now = again.read().root.get("links");
        assert.ok(now instanceof Group);
        assert.equal([...now.links()].length, model.size + 100);
        again.transaction(({ edit }) => {
          for (const { name: each } of now.links()) assert.ok(removeLink(edit, group, each) !== undefined);
        });
        check(again, new Map());
        again.transaction(({ edit }) => addLink(edit, group, { ...LINK, name: "last", target: "/" }));
        check(again, new Map([["last", "/"]]));
        again.close();
      });
    });
  }
});
