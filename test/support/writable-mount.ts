import assert from "node:assert/strict";
import { H5FS, type Mount, type MountOptions, withMount } from "./mount.ts";
import { run } from "./run.ts";

/** Runs `use` on a mount of a file that is written: its daemon has no defect to tell, and the file is sound afterwards. */
export async function withWritableMount<T>(
  file: string,
  options: MountOptions,
  use: (mount: Mount) => T | Promise<T>,
): Promise<T> {
  let log = (): string => "";
  const result = await withMount(file, options, (mount) => {
    log = mount.log;
    return use(mount);
  });
  const { status, stdout, stderr } = await run(process.execPath, [H5FS, "check", file]);
  // Only now: what the daemon says is not here before this thread waits for something, which `use` may never do.
  assert.equal(log().includes("defect"), false, log());
  assert.equal(status, 0, `${stdout}${stderr}`);
  assert.match(stdout.toString(), /no damage found/);
  return result;
}
