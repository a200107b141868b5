import assert from "node:assert/strict";
import { checkFile } from "../../src/object/check.ts";
import { H5File } from "../../src/object/file.ts";

/** No structure is damaged, no two overlap, and every count is right. */
export function assertSound(file: H5File): void {
  const { findings } = checkFile(file);
  assert.deepEqual(
    findings.filter(({ severity }) => severity === "damage"),
    [],
  );
}

/** The same of a file that nobody has open. */
export function assertSoundAt(path: string): void {
  const file = H5File.open(path);
  try {
    assertSound(file);
  } finally {
    file.close();
  }
}
