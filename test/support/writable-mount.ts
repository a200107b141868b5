import assert from "node:assert/strict";
import { H5FS, type Mount, type MountOptions, withMount } from "./mount.ts";
import { output } from "./run.ts";

/** Runs `use` on a mount of a file that is written: its daemon has no defect to tell, and the file is sound afterwards. */
export async function withWritableMount<T>(
  file: string,
  options: MountOptions,
  use: (mount: Mount) => T | Promise<T>,
): Promise<T> {
  const result = await withMount(file, options, async (mount) => {
    const used = await use(mount);
    assert.equal(mount.log().includes("defect"), false, mount.log());
    return used;
  });
  assert.match(await output(process.execPath, [H5FS, "check", file]), /no damage found/);
  return result;
}
