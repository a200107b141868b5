import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const made = new Set<string>();

process.on("exit", () => {
  for (const dir of made) {
    rmSync(dir, { recursive: true, force: true });
  }
});

/** A new empty folder, by its real path; removed when the process ends, if not before. */
export function tempDir(): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), "h5fs-test-")));
  made.add(dir);
  return dir;
}

/** Removes a folder that `tempDir` made. */
export function removeTempDir(dir: string): void {
  rmSync(dir, { recursive: true, force: true });
  made.delete(dir);
}

/** Runs `use` with a new empty folder, removed afterwards. */
export async function withTempDir<T>(use: (dir: string) => T | Promise<T>): Promise<T> {
  const dir = tempDir();
  try {
    return await use(dir);
  } finally {
    removeTempDir(dir);
  }
}
