import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LocalDiskFile } from "../../../src/storage/journal/local-disk.ts";
import { withTempDir } from "../../support/temp-dir.ts";

describe("a file of the local file system", () => {
  it("takes more parts at once than the kernel does, of any size", async () => {
    await withTempDir((directory) => {
      const name = join(directory, "file");
      const fd = openSync(name, "w+");
      const parts = Array.from({ length: 70_000 }, (_, i) => new Uint8Array(i % 7).fill(i % 251));
      new LocalDiskFile(name, fd).write(parts, 5);
      closeSync(fd);
      assert.ok(readFileSync(name).equals(Buffer.concat([new Uint8Array(5), ...parts])));
    });
  });
});
