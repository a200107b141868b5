import assert from "node:assert/strict";
import { copyFileSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import type { EditContext } from "../../src/format/edit-context.ts";
import { MESSAGE } from "../../src/format/header-message.ts";
import { deleteAttribute, renameAttribute, setAttribute } from "../../src/object/attribute-edit.ts";
import { integerType } from "../../src/object/datatypes.ts";
import type { H5File } from "../../src/object/file.ts";
import { addLink } from "../../src/object/link-edit.ts";
import { createGroup } from "../../src/object/new-object.ts";
import { unlink } from "../../src/object/unlink.ts";
import { WritableFile } from "../../src/object/writable-file.ts";
import { writeSample } from "../support/h5wasm-file.ts";
import { projectRoot } from "../support/project.ts";
import { assertSound, assertSoundAt } from "../support/sound.ts";
import { withTempDir } from "../support/temp-dir.ts";

const int32 = integerType(4, true);

/** An attribute of `length` times `value`. */
function set(edit: EditContext, address: number, name: string, length: number, value: number): void {
  const dims = [length];
  const dataspace = { kind: "simple", dims, maxDims: dims, maxDimsStored: false } as const;
  const data = new Uint8Array(new Int32Array(length).fill(value).buffer);
  setAttribute(edit, address, { name, charset: "ascii", datatype: int32, dataspace, data });
}

/** Length and first value of each attribute. */
function valuesOf(file: H5File, path: string): Map<string, readonly [number, number]> {
  const attributes = file
    .resolve(path)
    .attributes()
    .filter(({ name }) => name !== "numbers");
  return new Map(
    attributes.map((attribute) => {
      const values = new Int32Array(attribute.bytes().slice().buffer);
      assert.ok(values.every((value) => value === values[0]));
      return [attribute.name, [values.length, values[0] ?? 0]];
    }),
  );
}

/** Whether the object's attributes are in a fractal heap. */
function isDense(file: H5File, path: string): boolean {
  const object = file.resolve(path);
  return object.attributes().length > 0 && !object.header.messages.some(({ type }) => type === MESSAGE.attribute);
}

describe("attributes in fractal heaps, edited in place", () => {
  it("one of more than 64 KiB goes there with all others, and they come back", async () => {
    const { activate_throwing_error_handler, deactivate_throwing_error_handler } = await h5wasm.ready;
    await withTempDir(async (directory) => {
      const path = await writeSample(directory);
      const file = WritableFile.open(path);
      const { address } = file.read().resolve("/group");
      const expected = new Map<string, readonly [number, number]>();
      const change = (name: string, length: number, value: number): void => {
        file.transaction(({ edit }) => set(edit, address, name, length, value));
        expected.set(name, [length, value]);
        assert.deepEqual(valuesOf(file.read(), "/group"), expected);
        assertSound(file.read());
      };
      change("small", 3, 1);
      assert.ok(!isDense(file.read(), "/group"));
      change("large", 25_000, 2);
      assert.ok(isDense(file.read(), "/group"));
      // In its place; of another size; larger than a block of the heap; small again.
      for (const length of [25_000, 10, 2000, 40_000, 5]) change("large", length, length);
      change("huge", 100_000, 3);
      file.transaction(({ edit }) => {
        assert.ok(renameAttribute(edit, address, "huge", "huge, renamed"));
        assert.ok(!renameAttribute(edit, address, "no such", "x"));
        assert.throws(() => renameAttribute(edit, address, "small", "large"), /already/);
      });
      expected.set("huge, renamed", [100_000, 3]);
      expected.delete("huge");
      assert.deepEqual(valuesOf(file.read(), "/group"), expected);
      file.close();

      activate_throwing_error_handler();
      try {
        const wasm = new h5wasm.File(path, "a");
        const group = wasm.get("group");
        assert.ok(group instanceof h5wasm.Group);
        for (const [name, [length, value]] of expected) {
          assert.deepEqual(group.attrs[name]?.value, new Int32Array(length).fill(value), name);
        }
        for (let i = 0; i < 30; i++) {
          group.create_attribute(`theirs ${i}`, new Int32Array(i + 1).fill(i));
          expected.set(`theirs ${i}`, [i + 1, i]);
        }
        wasm.close();
      } finally {
        deactivate_throwing_error_handler();
      }

      const again = WritableFile.open(path);
      assert.deepEqual(valuesOf(again.read(), "/group"), expected);
      for (const [name] of [...expected].slice(3)) {
        again.transaction(({ edit }) => assert.ok(deleteAttribute(edit, address, name)));
        expected.delete(name);
        assert.deepEqual(valuesOf(again.read(), "/group"), expected);
        // Below six they are messages of the header again, unless one is too large for that.
        assert.equal(isDense(again.read(), "/group"), expected.size + 1 >= 6 || expected.has("huge, renamed"));
      }
      assertSound(again.read());
      again.close();
    });
  });

  it("a header of version 1 has no room for one of 64 KiB: the error says so, the file stays as it is", async () => {
    await withTempDir((directory) => {
      const path = join(directory, "old.h5");
      copyFileSync(join(projectRoot(), "test/data/engine/everything-earliest.h5"), path);
      const before = readFileSync(path);
      const file = WritableFile.open(path);
      const { address } = file.read().root;
      const change = () => file.transaction(({ edit }) => set(edit, address, "large", 20_000, 1));
      assert.throws(change, /80\d{3} bytes.*repack --libver/);
      file.close();
      assert.deepEqual(readFileSync(path), before);
    });
  });

  it("heaps and their indexes are freed with their object", async () => {
    await withTempDir(async (directory) => {
      const path = await writeSample(directory);
      const file = WritableFile.open(path);
      const sizes: number[] = [];
      for (let round = 0; round < 4; round++) {
        file.transaction(({ file: now, edit }) => {
          const folder = createGroup(edit, 0);
          const link = { creationOrder: undefined, charset: "ascii" } as const;
          addLink(edit, now.root.address, { ...link, kind: "hard", name: "folder", address: folder });
          for (let i = 0; i < 100; i++) {
            addLink(edit, folder, { ...link, kind: "soft", name: `${i}`.repeat(20), target: `${i}` });
            set(edit, folder, `attribute ${i}`, i === 7 ? 30_000 : i, i);
          }
        });
        assertSound(file.read());
        file.transaction((transaction) => assert.ok(unlink(transaction, transaction.file.root.address, "folder")));
        file.checkpoint();
        sizes.push(statSync(path).size);
      }
      file.close();
      // What the first round left free was enough for the others.
      assert.equal(new Set(sizes).size, 1, sizes.join(", "));
      assertSoundAt(path);
    });
  });
});
