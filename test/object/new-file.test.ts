import assert from "node:assert/strict";
import {
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { H5File } from "../../src/object/file.ts";
import { Group } from "../../src/object/group.ts";
import { addLink } from "../../src/object/link-edit.ts";
import { createFile, LIBRARY_VERSIONS, newFileBytes } from "../../src/object/new-file.ts";
import { createGroup } from "../../src/object/new-object.ts";
import { WritableFile } from "../../src/object/writable-file.ts";
import { lockExclusive } from "../../src/storage/journal/system-calls.ts";
import { ofKind } from "../support/error-kind.ts";
import { assertSound } from "../support/sound.ts";
import { withTempDir } from "../support/temp-dir.ts";

const SUPERBLOCKS = { earliest: 0, v18: 2, v110: 3, v200: 3 };

describe("new files", () => {
  for (const libver of LIBRARY_VERSIONS) {
    for (const userBlock of [0, 512, 4096]) {
      it(`for ${libver}, user block of ${userBlock} bytes: libhdf5 opens them, adds, and so do we`, async () => {
        await h5wasm.ready;
        await withTempDir((directory) => {
          const path = join(directory, "new.h5");
          createFile(path, { libver, userBlock });
          const made = H5File.open(path);
          assertSound(made);
          assert.equal(made.superblock.version, SUPERBLOCKS[libver]);
          assert.equal(made.superblock.baseAddress, userBlock);
          made.close();
          assert.ok(statSync(path).size - userBlock < 1024, `${statSync(path).size} bytes`);

          const ours = WritableFile.open(path);
          ours.transaction(({ file, edit }) => {
            const address = createGroup(edit, 1_700_000_000);
            const link = { creationOrder: undefined, charset: "ascii", kind: "hard" } as const;
            addLink(edit, file.root.address, { ...link, name: "ours", address });
          });
          ours.close();
          const wasm = new h5wasm.File(path, "a");
          assert.deepEqual(wasm.keys(), ["ours"]);
          wasm.create_group("theirs").create_dataset({ name: "x", data: [1, 2, 3] });
          wasm.close();
          const file = H5File.open(path);
          assertSound(file);
          assert.deepEqual(
            Array.from(file.root.links(), ({ name }) => name),
            ["ours", "theirs"],
          );
          assert.ok(file.resolve("/ours") instanceof Group);
          file.close();
        });
      });
    }
  }

  it("have a user block of 0 or a power of two from 512 on", () => {
    for (const userBlock of [1, 256, 513, 1000, -512, 2 ** 41, Number.NaN]) {
      assert.throws(() => newFileBytes({ userBlock }), ofKind("argument"));
    }
  });

  it("never take the place of another file, unless they are to replace it", async () => {
    await withTempDir((directory) => {
      const path = join(directory, "taken.h5");
      writeFileSync(path, "precious");
      chmodSync(path, 0o640);
      symlinkSync("taken.h5", join(directory, "link.h5"));
      assert.throws(() => createFile(path), ofKind("exists"));
      assert.equal(readFileSync(path, "utf8"), "precious");
      const fd = openSync(path, "r+");
      assert.ok(lockExclusive(fd));
      assert.throws(() => createFile(path, {}, "replace"), ofKind("locked"));
      assert.equal(readFileSync(path, "utf8"), "precious");
      closeSync(fd);
      createFile(join(directory, "link.h5"), {}, "replace");
      assert.ok(lstatSync(join(directory, "link.h5")).isSymbolicLink());
      H5File.open(path).close();
      assert.equal(statSync(path).mode & 0o777, 0o640);
      assert.throws(() => createFile(join(directory, "no/such.h5")), ofKind("io"));
      assert.throws(() => createFile(directory, {}, "replace"), ofKind("argument"));
      assert.deepEqual(readdirSync(directory).sort(), ["link.h5", "taken.h5"]);
      assert.ok(!existsSync(join(directory, "no")));
    });
  });
});
