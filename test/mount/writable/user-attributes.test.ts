import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { SeenAttributes } from "../../../mount/writable/attribute-type.ts";
import { removeUserAttribute, setUserAttribute } from "../../../mount/writable/user-attributes.ts";
import { setAttributeValue } from "../../../src/object/attribute-value.ts";
import { CommittedDatatype } from "../../../src/object/committed-datatype.ts";
import { decodeElement } from "../../../src/object/value.ts";
import { heapOf } from "../../../src/object/value-heap.ts";
import { WritableFile } from "../../../src/object/writable-file.ts";
import { extendedAttribute } from "../../../src/tree/extended-attributes.ts";
import { Tree } from "../../../src/tree/tree.ts";
import { projectRoot } from "../../support/project.ts";
import { assertSoundAt } from "../../support/sound.ts";
import { withTempDir } from "../../support/temp-dir.ts";

describe("extended attributes that are set and removed", () => {
  it("keep the count of the uses of a committed datatype", () =>
    withTempDir((directory) => {
      const path = join(directory, "file.h5");
      copyFileSync(join(projectRoot(), "test/data/engine/everything-earliest.h5"), path);
      const file = WritableFile.open(path);
      const live = file.read();
      const committed = live.resolve("/types/committed");
      assert.ok(committed instanceof CommittedDatatype);
      const { address, linkCount } = committed;
      const datatype = { ...committed.datatype, committedAt: address };
      const value = decodeElement(datatype, new Uint8Array(datatype.size), 0, heapOf(live));
      const uses = (): number => live.object(address).linkCount;
      const { root } = new Tree(live);
      file.transaction((transaction) =>
        setAttributeValue(transaction, root.group.address, "used", { value, datatype }),
      );
      assert.equal(uses(), linkCount + 1);
      const shown = JSON.stringify(value);
      file.transaction((transaction) => setUserAttribute(transaction, root, "user.used", Buffer.from(shown), 0));
      assert.equal(live.root.attribute("used")?.datatype.committedAt, address);
      assert.equal(uses(), linkCount + 1);
      file.transaction((transaction) => removeUserAttribute(transaction, root, "user.used"));
      assert.equal(uses(), linkCount);
      file.close();
      assertSoundAt(path);
    }));

  it("have the type that they had, and a new one that of what it is a copy of, or of the texts beside it", async () => {
    await h5wasm.ready;
    await withTempDir((directory) => {
      const path = join(directory, "file.h5");
      const made = new h5wasm.File(path, "w");
      const from = made.create_group("from");
      from.create_attribute("names", ["ab", "c"], [2], "S2");
      from.create_attribute("factor", Float64Array.from([0.5]), [1], "<d");
      from.create_attribute("shape", BigInt64Array.from([2n ** 60n, 3n]), [2], "<q");
      made.create_group("fixed").create_attribute("units", "m", null, "S1");
      const many = made.create_group("many");
      for (let i = 0; i < 50; i++) many.create_attribute(`n${i}`, Float64Array.of(i), [1], "<d");
      many.create_attribute("units", "m", null, "S1");
      for (const name of ["empty", "plain"]) made.create_group(name);
      made.close();
      const file = WritableFile.open(path);
      const tree = new Tree(file.read());
      const node = (name: string) => tree.lookup(tree.root, name) ?? assert.fail(name);
      const seen = new SeenAttributes();
      const set = (name: string, attribute: string, value: string, copies?: SeenAttributes): void =>
        file.transaction((transaction) =>
          setUserAttribute(transaction, node(name), `user.${attribute}`, Buffer.from(value), 0, copies),
        );
      for (const name of ["names", "shape"]) {
        const text = extendedAttribute(node("from"), `user.${name}`) ?? assert.fail(name);
        const before = JSON.stringify(file.read().resolve("/from").attribute(name)?.datatype);
        set("from", name, Buffer.from(text).toString());
        assert.equal(JSON.stringify(file.read().resolve("/from").attribute(name)?.datatype), before);
        seen.remember(node("from"), `user.${name}`, text);
        set("empty", name, Buffer.from(text).toString(), seen);
      }
      set("plain", "other", "[1, 2]", seen);
      set("from", "names", '["longer", "c"]');
      set("from", "factor", "0.25");
      assert.throws(() => set("from", "factor", "much"), /"much" is not a number/);
      set("fixed", "new", "text");
      set("many", "new", "text");
      file.close();
      assertSoundAt(path);
      const read = new h5wasm.File(path, "r");
      const attributes = (name: string): unknown => {
        const object = read.get(name);
        assert.ok(object instanceof h5wasm.Group);
        // The padding is a part of strings here.
        const cut = (value: unknown): unknown =>
          Array.isArray(value) ? value.map((text) => String(text).trim()) : value;
        return Object.fromEntries(
          Object.entries(object.attrs).map(([name, { dtype, shape, value }]) => [name, [dtype, shape, cut(value)]]),
        );
      };
      assert.deepEqual(attributes("from"), {
        names: ["S6", [2], ["longer", "c"]],
        factor: ["<d", [1], Float64Array.of(0.25)],
        shape: ["<q", [2], BigInt64Array.of(2n ** 60n, 3n)],
      });
      assert.deepEqual(attributes("empty"), {
        names: ["S2", [2], ["ab", "c"]],
        shape: ["<q", [2], BigInt64Array.of(2n ** 60n, 3n)],
      });
      assert.deepEqual(attributes("plain"), { other: ["S", [], "[1, 2]"] });
      assert.deepEqual(attributes("fixed"), { units: ["S1", [], "m"], new: ["S4", [], "text"] });
      assert.deepEqual(Object.entries(attributes("many") as object).find(([name]) => name === "new")?.[1], [
        "S4",
        [],
        "text",
      ]);
      read.close();
    });
  });
});
