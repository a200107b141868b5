import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createFile, type LibraryVersion } from "../../../src/object/new-file.ts";
import { type TransportName, withMount } from "../../support/mount.ts";
import { needMount } from "../../support/need-mount.ts";
import { withTempDir } from "../../support/temp-dir.ts";
import { withWritableMount } from "../../support/writable-mount.ts";
import { contents, outcome, randomCall, randomNumbers } from "./posix-model.ts";

/** `npm test` has few; a suite asks for more. */
const CALLS = Number(process.env.H5FS_POSIX_CALLS ?? 120);

const KINDS: readonly (readonly [LibraryVersion, TransportName])[] = [
  ["earliest", "kernel"],
  ["v18", "libfuse"],
  ...(CALLS > 200
    ? ([
        ["v18", "kernel"],
        ["v110", "kernel"],
      ] as const)
    : []),
];
const seed = Number(process.env.H5FS_SEED ?? 1);

for (const [libver, transport] of KINDS)
  describe(`random calls in a mounted file (${libver}, ${transport})`, function () {
    this.timeout(Math.max(60_000, CALLS * 50));

    it("do what they do in a folder, and what they made is there at the next mount", async function () {
      needMount(this, transport);
      await withTempDir(async (directory) => {
        const file = join(directory, "file.h5");
        const plain = join(directory, "plain");
        mkdirSync(plain);
        createFile(file, { libver });
        const options = { transport, options: ["mode=r+"] };
        await withWritableMount(file, options, (mount) => {
          const random = randomNumbers(seed);
          for (let i = 0; i < CALLS; i++) {
            const { name, call } = randomCall(random);
            const [here, there] = [outcome(call, plain), outcome(call, mount.dir)];
            assert.deepEqual(there, here, `call ${i} of seed ${seed}: ${name}`);
          }
          assert.deepEqual(contents(mount.dir), contents(plain));
        });
        await withMount(file, options, (mount) => assert.deepEqual(contents(mount.dir), contents(plain)));
      });
    });
  });
