import { putU64 } from "../../src/storage/little-endian.ts";
import { OUT_HEADER_SIZE } from "./structs.ts";

/** What the kernel is to forget of a node: its attributes, and its pages. */
export interface Notice {
  readonly nodeid: number;
  readonly pages: boolean;
}

/** What the notifier writes: the notices, then the reply that comes after them. */
export interface Delivery {
  readonly notices: readonly Notice[];
  readonly reply: Uint8Array | undefined;
}

const FUSE_NOTIFY_INVAL_INODE = 2;

/** `struct fuse_out_header`, in which a notice has no request and its kind for an error, and `struct fuse_notify_inval_inode_out`. */
export function encodeNotice({ nodeid, pages }: Notice): Uint8Array {
  const bytes = new Uint8Array(OUT_HEADER_SIZE + 24);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setInt32(4, FUSE_NOTIFY_INVAL_INODE, true);
  putU64(view, OUT_HEADER_SIZE, nodeid);
  // From byte 0 on, without end; a negative offset leaves the pages alone.
  view.setBigInt64(OUT_HEADER_SIZE + 8, pages ? 0n : -1n, true);
  putU64(view, OUT_HEADER_SIZE + 16, 0);
  return bytes;
}
