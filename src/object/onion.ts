import { closeSync, openSync, readSync } from "node:fs";
import { UnsupportedError } from "../errors.ts";
import { decodeText } from "../format/text.ts";

const SIGNATURE = "OHDH";

/**
 * libhdf5's onion driver keeps the later revisions of a file as changed pages of it, in another file beside it: they would mean nothing over other bytes.
 * @throws UnsupportedError where there is such a file
 */
export function checkNotOnion(path: string): void {
  const history = `${path}.onion`;
  if (!hasHistory(history)) return;
  throw new UnsupportedError(
    `${path}: is the first revision of a file whose later ones are in ${history} (onion driver); such files are not written`,
  );
}

function hasHistory(path: string): boolean {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch {
    // It is not there, or it is nothing that libhdf5 could read, either.
    return false;
  }
  try {
    const start = new Uint8Array(SIGNATURE.length);
    return readSync(fd, start) === start.length && decodeText(start) === SIGNATURE;
  } finally {
    closeSync(fd);
  }
}
