import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { EditableFile } from "../../src/object/editable-file.ts";
import { LIBRARY_VERSIONS, type LibraryVersion } from "../../src/object/new-file.ts";
import { assertSound } from "../support/sound.ts";
import { withTempDir } from "../support/temp-dir.ts";

/** How far a file may grow by making and deleting the same again and again. */
const ALLOWED = 64 * 1024;

/** A group with what a program may put into it. */
function makeMuch(file: EditableFile, round: number): void {
  file.transaction(() => {
    file.createGroup("/much");
    const numbers = Float64Array.from({ length: 2000 + (round % 7) * 300 }, (_, i) => (i * i) % 97);
    file.createDataset("/much/contiguous", { data: numbers });
    const packed = file.createDataset("/much/packed", {
      dtype: "f8",
      shape: [0],
      maxShape: [null],
      chunks: [500],
      filters: ["shuffle", "gzip"],
    });
    packed.append(numbers);
    file.createDataset("/much/words", { data: Array.from({ length: 200 }, (_, i) => `word ${i + round}`) });
    for (let n = 0; n < 12; n++) file.attributes("/much").set(`attribute ${n}`, [n, round]);
  });
}

function fill(path: string, libver: LibraryVersion): void {
  const file = EditableFile.open(path, { mode: "x", libver });
  file.createDataset("/kept", { data: Int32Array.from({ length: 30_000 }, (_, i) => i) });
  file.close();
}

describe("the space of a file", () => {
  for (const libver of LIBRARY_VERSIONS) {
    it(`is used again by one session: ${libver}`, () =>
      withTempDir((directory) => {
        const path = join(directory, "a.h5");
        fill(path, libver);
        const before = statSync(path).size;
        const file = EditableFile.open(path);
        for (let round = 0; round < 40; round++) {
          makeMuch(file, round);
          file.delete("/much");
        }
        assertSound(file.file);
        file.close();
        assert.ok(statSync(path).size - before <= ALLOWED, `${before} bytes became ${statSync(path).size}`);
      }));
  }

  it("is used again by sessions of one command each", () =>
    withTempDir((directory) => {
      const path = join(directory, "a.h5");
      fill(path, "v18");
      const before = statSync(path).size;
      const session = (change: (file: EditableFile) => void): void => {
        const file = EditableFile.open(path, { spaceDirectory: join(directory, "space") });
        change(file);
        file.close();
      };
      for (let round = 0; round < 25; round++) {
        session((file) => makeMuch(file, round));
        session((file) => file.delete("/much"));
        const { size } = statSync(path);
        assert.ok(size - before <= ALLOWED, `${before} bytes became ${size} after ${round + 1} rounds`);
      }
    }));

  it("goes back to the disk where data are deleted in the midst of a file", () =>
    withTempDir((directory) => {
      const path = join(directory, "a.h5");
      const file = EditableFile.open(path, { mode: "x" });
      const part = 2 ** 20;
      const parts = 16;
      for (let n = 0; n < parts; n++) {
        file.createDataset(`/${n}`, {
          data: Uint8Array.from({ length: part }, (_, i) => (i * 31 + n) % 251),
          ...(n % 4 < 2 ? {} : { chunks: [2 ** 18] }),
        });
      }
      file.close();
      const full = statSync(path);
      const again = EditableFile.open(path);
      for (let n = 0; n < parts; n += 2) again.delete(`/${n}`);
      again.close();
      const half = statSync(path);
      const freed = (full.blocks - half.blocks) * 512;
      assert.ok(freed >= 0.45 * parts * part, `${freed} of ${parts * part} bytes went back`);
      const left = EditableFile.open(path);
      assert.deepEqual(left.dataset("/7").read([{ start: 100, stop: 103 }]), Uint8Array.of(95, 126, 157));
      assertSound(left.file);
      left.close();
    }));
});
