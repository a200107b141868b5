import { strict as assert } from "node:assert";
import { copyFileSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { superblockSector } from "../../src/format/superblock-sector.ts";
import { H5File } from "../../src/object/file.ts";
import { JournaledFile } from "../../src/storage/journal/journaled-file.ts";
import { openForWriting } from "../../src/storage/journal/open-for-writing.ts";
import { SECTOR } from "../../src/storage/journal/superblock-sector.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { SAMPLE, writeSample } from "../support/h5wasm-file.ts";
import { projectRoot } from "../support/project.ts";
import { withTempDir } from "../support/temp-dir.ts";

const directory = join(projectRoot(), "test/data/engine");
const files = readdirSync(directory).filter((name) => name.endsWith(".h5"));

describe("superblock sector", () => {
  for (const name of files) {
    it(`marks and unmarks ${name}, and changes nothing else`, () => {
      const bytes = readFileSync(join(directory, name));
      const { superblock } = H5File.open(new MemoryStorage(bytes));
      const { offset, markOf, withMark, endOf, withEnd, endLength } = superblockSector(superblock.baseAddress);
      const sector = new Uint8Array(bytes.subarray(offset, offset + SECTOR));
      assert.equal(markOf(sector), "unmarked");
      assert.equal(endOf(sector), superblock.endOfFile + superblock.baseAddress);
      for (const mark of ["pending", "checkpointing"] as const) {
        const marked = withMark(sector, mark);
        assert.equal(markOf(marked), mark);
        assert.equal(endOf(marked), endOf(sector));
        assert.deepEqual(withMark(marked, "unmarked"), sector);
      }
      assert.deepEqual(withEnd(withEnd(sector, endOf(sector) + 4096), endOf(sector)), sector);
      const [start, rest] = [sector.subarray(0, endLength), sector.subarray(endLength)];
      const ended = withEnd(sector, endOf(sector) + 4096);
      assert.deepEqual(Uint8Array.of(...withEnd(start, endOf(start) + 4096), ...rest), ended, "its start is enough");
      const longer = Buffer.concat([bytes, new Uint8Array(4096)]);
      longer.set(withEnd(sector, endOf(sector) + 4096), offset);
      assert.equal(
        H5File.open(new MemoryStorage(longer)).superblock.endOfFile,
        superblock.endOfFile + 4096,
        "the checksum is right",
      );
    });
  }

  it("keeps libhdf5 from a file with changes in the log, and gives it back whole", async () => {
    await withTempDir(async (dir) => {
      const path = await writeSample(dir);
      const crashed = join(dir, "crashed.h5");
      const { superblock } = H5File.open(path);
      const open = (file: string): JournaledFile =>
        JournaledFile.open({ ...openForWriting(file), superblock: superblockSector(superblock.baseAddress) });

      const journaled = open(path);
      // The file grows by a block that nothing refers to: libhdf5 must read the new end of allocation.
      const transaction = journaled.begin();
      transaction.write(transaction.allocate(100_000, "raw"), new Uint8Array(100_000).fill(7));
      journaled.publish();
      const { activate_throwing_error_handler, deactivate_throwing_error_handler } = await h5wasm.ready;
      activate_throwing_error_handler();
      const marked = readFileSync(path);
      for (const mode of ["r", "a"] as const) {
        assert.throws(() => new h5wasm.File(path, mode), /bad superblock version number/i);
      }
      deactivate_throwing_error_handler();
      assert.deepEqual(readFileSync(path), marked, "libhdf5 leaves it alone");
      copyFileSync(path, crashed);
      copyFileSync(join(dir, ".sample.h5.h5fs-journal"), join(dir, ".crashed.h5.h5fs-journal"));
      journaled.close();

      const recovered = open(crashed);
      assert.deepEqual(recovered.recovery, { kind: "recovered", transactions: 1, lost: 0 });
      recovered.close();
      for (const whole of [path, crashed]) {
        const file = new h5wasm.File(whole, "r");
        const ramp = file.get("group/ramp");
        assert.ok(ramp instanceof h5wasm.Dataset);
        assert.deepEqual(ramp.value, SAMPLE.ramp);
        file.close();
        assert.ok(statSync(whole).size > 100_000);
      }
      assert.deepEqual(readdirSync(dir).sort(), ["crashed.h5", "sample.h5"]);
    });
  });
});
