import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { removeUserAttribute, setUserAttribute } from "../../../mount/writable/user-attributes.ts";
import { setAttributeValue } from "../../../src/object/attribute-value.ts";
import { CommittedDatatype } from "../../../src/object/committed-datatype.ts";
import { decodeElement } from "../../../src/object/value.ts";
import { heapOf } from "../../../src/object/value-heap.ts";
import { WritableFile } from "../../../src/object/writable-file.ts";
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
});
