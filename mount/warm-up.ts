import { fileURLToPath } from "node:url";
import { lookup3 } from "../src/format/lookup3.ts";
import { encodeText } from "../src/format/text.ts";
import { H5File } from "../src/object/file.ts";
import { Tree } from "../src/tree/tree.ts";
import { ROOT_ID } from "./node-table.ts";
import type { Session } from "./session.ts";

/** A group `g` of twelve datasets, whose links are kept as those of a million are (scripts/sample/make_warm_up.py). */
export const WARM_UP_FILE = fileURLToPath(new URL("../../scripts/sample/warm-up.h5", import.meta.url));
const DATASETS = 12;

/** Enough for the compiler to find out what is worth its time; more takes a mount longer to begin. */
const ROUNDS = 12;

const NOBODY = { unique: 0, uid: 0, gid: 0, pid: 0 };

/**
 * Looks names up in a small file before anybody waits for one: code that is not compiled yet takes the first look-up in a large group 15 to
 * 28 ms, of which one block of 64 KiB is verified, too.
 */
export function warmUp(sessionOf: (tree: Tree) => Session): void {
  lookup3(new Uint8Array(2 ** 16));
  const file = H5File.open(WARM_UP_FILE);
  try {
    const session = sessionOf(new Tree(file));
    const group = session.lookup(NOBODY, ROOT_ID, encodeText("g"));
    for (let i = 0; i < ROUNDS * DATASETS; i++) {
      const { nodeid } = session.lookup(NOBODY, group.nodeid, encodeText(`n${i % DATASETS}.npy`));
      session.getattr(NOBODY, nodeid);
    }
  } finally {
    file.close();
  }
}
