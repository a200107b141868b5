import { setTimeout as sleep } from "node:timers/promises";

/** Waits until something is so that another process brings about. @throws Error where it is not so after half a minute */
export async function eventually(what: string, isSo: () => boolean): Promise<void> {
  const end = Date.now() + 30_000;
  while (!isSo()) {
    if (Date.now() > end) throw new Error(`after half a minute not so: ${what}`);
    await sleep(10);
  }
}
