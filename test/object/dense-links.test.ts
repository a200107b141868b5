import assert from "node:assert/strict";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { Group } from "../../src/object/group.ts";
import { addLink, removeLink, renameLink } from "../../src/object/link-edit.ts";
import { createGroup } from "../../src/object/new-object.ts";
import { WritableFile } from "../../src/object/writable-file.ts";
import { seededRandom } from "../storage/journal/cell-file.ts";
import { assertSound } from "../support/sound.ts";
import { withTempDir } from "../support/temp-dir.ts";

const LINK = { creationOrder: undefined, charset: "ascii", kind: "soft" } as const;

/** Names of all lengths, a few of them longer than a managed object of a heap may be. */
function nameOf(random: () => number): string {
  const n = Math.floor(random() * 100_000);
  const length = n % 50 === 0 ? 4200 : n % 7 === 0 ? n % 900 : n % 30;
  return `${n} ${"x".repeat(length)}`;
}

function check(file: WritableFile, path: string, model: ReadonlyMap<string, string>): void {
  const group = file.read().root.get(path);
  assert.ok(group instanceof Group);
  const found = [...group.links()].map((link) => [link.name, link.kind === "soft" ? link.target : link.kind]);
  assert.deepEqual(
    found,
    [...model].sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  for (const name of [...model.keys()].slice(0, 30)) assert.equal(group.link(name)?.name, name);
  assertSound(file.read());
}

/** libhdf5 finds the same links in the group, and adds some. */
function changeByLibhdf5(path: string, model: Map<string, string>, names: string[], random: () => number): void {
  const wasm = new h5wasm.File(path, "a");
  const links = wasm.get("links");
  assert.ok(links instanceof h5wasm.Group);
  assert.deepEqual(links.keys().sort(), [...model.keys()].sort());
  for (const [name, target] of model) assert.equal(wasm.get_link(`links/${name}`), target);
  for (let n = 0; n < 20; n++) {
    const fresh = nameOf(random);
    if (model.has(fresh)) continue;
    links.create_soft_link("/theirs", fresh);
    model.set(fresh, "/theirs");
    names.push(fresh);
  }
  wasm.close();
}

describe("groups with many links, edited in place", () => {
  it("thousands of links come and go, and libhdf5 goes on with them", async () => {
    const { activate_throwing_error_handler, deactivate_throwing_error_handler } = await h5wasm.ready;
    activate_throwing_error_handler();
    try {
      await withTempDir((directory) => {
        const path = join(directory, "links.h5");
        new h5wasm.File(path, "w").close();
        const random = seededRandom(3);
        const model = new Map<string, string>();
        const names: string[] = [];
        for (let round = 0; round < 8; round++) {
          const file = WritableFile.open(path);
          const group = file.transaction(({ file: now, edit }) => {
            const link = now.root.link("links");
            if (link?.kind === "hard") return link.address;
            const address = createGroup(edit, 0);
            addLink(edit, now.root.address, { ...LINK, kind: "hard", name: "links", address });
            return address;
          });
          const removed = round % 4 < 3 ? 0.15 : 0.9;
          file.transaction(({ edit }) => {
            for (let n = 0; n < 200; n++) {
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
              if (some !== undefined && random() < 0.2) {
                assert.ok(renameLink(edit, group, some, fresh));
                model.set(fresh, model.get(some) ?? "");
                model.delete(some);
                names[at] = fresh;
                continue;
              }
              addLink(edit, group, { ...LINK, name: fresh, target: `/to/${fresh.slice(0, 20)}` });
              model.set(fresh, `/to/${fresh.slice(0, 20)}`);
              names.push(fresh);
            }
          });
          check(file, "links", model);
          file.close();
          changeByLibhdf5(path, model, names, random);
        }
      });
    } finally {
      deactivate_throwing_error_handler();
    }
  });

  it("a transaction that fails leaves nothing behind, in the file or in memory", async () => {
    await h5wasm.ready;
    await withTempDir((directory) => {
      const path = join(directory, "links.h5");
      new h5wasm.File(path, "w").close();
      const file = WritableFile.open(path);
      const model = new Map<string, string>();
      const group = file.transaction(({ file: now, edit }) => {
        const address = createGroup(edit, 0);
        addLink(edit, now.root.address, { ...LINK, kind: "hard", name: "links", address });
        return address;
      });
      for (let round = 0; round < 6; round++) {
        const fail = () =>
          file.transaction(({ file: now, edit }) => {
            for (const name of [...model.keys()].slice(0, 40)) removeLink(edit, group, name);
            for (let i = 0; i < 90; i++) addLink(edit, group, { ...LINK, name: `lost ${i}`, target: "/" });
            // What was changed is written already, too.
            if (round % 2 === 0) assert.ok(now.root.get("links"));
            throw new RangeError("no more");
          });
        assert.throws(fail, RangeError);
        check(file, "links", model);
        file.transaction(({ edit }) => {
          for (let i = 0; i < 30; i++) {
            addLink(edit, group, { ...LINK, name: `kept ${round} ${i}`, target: "/" });
            model.set(`kept ${round} ${i}`, "/");
          }
        });
        check(file, "links", model);
      }
      file.close();
    });
  });
});
