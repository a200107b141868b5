import { createHash } from "node:crypto";
import { type BigIntStats, readdirSync, rmSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";

/** A folder in the user's cache directory, by the XDG base directory specification; `undefined` for who has no home, as systemd's services. */
export function userCache({ XDG_CACHE_HOME: cache, HOME: home }: NodeJS.ProcessEnv, name: string): string | undefined {
  if (cache !== undefined && isAbsolute(cache)) return join(cache, name);
  return home !== undefined && isAbsolute(home) && home !== "/" ? join(home, ".cache", name) : undefined;
}

/** The name in such a folder of what is kept of a file. */
export function nameInCache({ dev, ino }: Pick<BigIntStats, "dev" | "ino">): string {
  return createHash("sha256").update(`${dev}:${ino}`).digest("hex").slice(0, 32);
}

/** Of the files in a folder no more than these stay, those that were changed last. @throws an error of the system */
export function keepNewest(directory: string, count: number): void {
  const names = readdirSync(directory);
  if (names.length <= count) return;
  const byAge = names
    .map((name) => join(directory, name))
    .map((path) => ({ path, time: statSync(path).mtimeMs }))
    .sort((a, b) => a.time - b.time);
  for (const { path } of byAge.slice(0, names.length - count)) rmSync(path, { force: true });
}

/** What the system does not let us do in the user's cache, and what is damaged there, is as if it were not there. */
export function whenPossible<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && "code" in error)) return undefined;
    throw error;
  }
}
