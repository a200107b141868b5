import assert from "node:assert/strict";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EditableFile } from "../../src/object/editable-file.ts";
import { LIBRARY_VERSIONS, type LibraryVersion } from "../../src/object/new-file.ts";
import { H5FS } from "../support/mount.ts";
import { output } from "../support/run.ts";
import { assertSoundAt } from "../support/sound.ts";
import { withTempDir } from "../support/temp-dir.ts";

const ROUNDS = Number(process.env.H5FS_ENDURANCE_ROUNDS ?? 10);

/** After so many rounds it is told how far it is. */
const TOLD = 100;

/** How far a file may grow by making and deleting the same again and again. */
const ALLOWED = 64 * 1024;

/** Milliseconds for a command: of thousands, one may meet a machine that stands still for a while. */
const WAIT = 600_000;

/** Each leaves something at /new, which `rm -r` takes away. */
const WAYS: readonly (readonly string[])[] = [
  ["cp", "numbers.npy", "a.h5:/new"],
  ["cp", "--filters", "shuffle,gzip", "table.csv", "a.h5:/new"],
  ["mkdir", "-p", "a.h5:/new/a/b/c", "a.h5:/new/d"],
  ["cp", "-r", "a.h5:/kept", "a.h5:/new"],
];

describe(`the size of a file after ${ROUNDS} rounds of making and deleting, a command each`, () => {
  for (const libver of LIBRARY_VERSIONS) {
    it(libver, () =>
      withTempDir(async (cwd) => {
        const path = join(cwd, "a.h5");
        fill(path, libver);
        writeFileSync(join(cwd, "numbers.npy"), npy(Float64Array.from({ length: 5000 }, (_, i) => (i * i) % 97)));
        writeFileSync(join(cwd, "table.csv"), `id,name\n${lines(800)}`);
        // What is free is remembered where nobody else's is.
        const env = { ...process.env, XDG_CACHE_HOME: join(cwd, "cache") };
        const h5fs = (...words: readonly string[]) =>
          output(process.execPath, [H5FS, ...words], { cwd, env, timeout: WAIT });
        const before = statSync(path).size;
        let most = 0;
        for (let round = 0; round < ROUNDS; round++) {
          await h5fs(...(WAYS[round % WAYS.length] ?? []));
          await h5fs("rm", "-r", "a.h5:/new");
          most = Math.max(most, statSync(path).size);
          if ((round + 1) % TOLD === 0)
            console.log(`      ${round + 1} rounds: ${most} bytes at most after any of them`);
        }
        const after = statSync(path).size;
        console.log(
          `      ${before} bytes before, ${after} after ${2 * ROUNDS} commands, at most ${most} after any round`,
        );
        assert.ok(most - before <= ALLOWED);
        assertSoundAt(path);
      }),
    );
  }
});

function fill(path: string, libver: LibraryVersion): void {
  const file = EditableFile.open(path, { mode: "x", libver });
  file.createGroup("/kept");
  const numbers = Int32Array.from({ length: 30_000 }, (_, i) => (i * 7) % 1000);
  file.createDataset("/kept/numbers", { data: numbers, chunks: [4000], filters: ["gzip"] }).attributes.set("unit", "m");
  file.createDataset("/kept/words", { data: Array.from({ length: 200 }, (_, i) => `word ${i}`) });
  file.close();
}

function npy(numbers: Float64Array): Buffer {
  const header = `{'descr': '<f8', 'fortran_order': False, 'shape': (${numbers.length},), }`.padEnd(117);
  return Buffer.concat([
    Buffer.from("\x93NUMPY\x01\x00\x76\x00", "latin1"),
    Buffer.from(`${header}\n`),
    numbersOf(numbers),
  ]);
}

function numbersOf({ buffer, byteOffset, byteLength }: Float64Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function lines(count: number): string {
  return Array.from({ length: count }, (_, i) => `${i},name ${i % 37}\n`).join("");
}
