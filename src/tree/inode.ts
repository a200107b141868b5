import { createHash } from "node:crypto";
import type { NodeView } from "./node.ts";

const VIEW_CODE: Record<NodeView | "directory", number> = {
  directory: 1,
  bin: 2,
  npy: 3,
  csv: 4,
  txt: 5,
  json: 6,
  "attrs.json": 7,
  arrow: 8,
};

/** Above every number made from an address. */
const HASHED = 2 ** 52;

/** The inode number of an object under a view: from its address, so that it is the same at every mount. */
export function objectInode(address: number, view: NodeView | "directory"): number {
  const number = address * 16 + VIEW_CODE[view];
  return number < HASHED ? number : hashedInode(`${address}:${view}`);
}

/** The inode number of what is not just an object of the mounted file under a view: a symlink, a broken link, a part of a dataset. */
export function hashedInode(key: string): number {
  return HASHED + createHash("sha256").update(key).digest().readUIntBE(0, 6);
}
