import type { FormatContext } from "./context.ts";
import { type Extent, metadata } from "./extent.ts";
import type { Reader } from "./reader.ts";
import { decodeText, encodeText } from "./text.ts";
import type { Writer } from "./writer.ts";

/** Driver info (IV.A.2.u, "The Driver Info Message"; II.B, "File Driver Info"): how the file is spread over several. */
export interface DriverInfo {
  /** Eight characters: "NCSAfami", "NCSAmult". */
  readonly driver: string;
  readonly information: Uint8Array;
}

const BLOCK = "driver information block";
/** Bytes of a block before the driver's own. */
const BLOCK_HEAD = 16;

/** The message of a superblock extension. */
export function decodeDriverInfo(r: Reader): DriverInfo {
  r.version(0);
  const driver = decodeText(r.take(8));
  return { driver, information: r.take(r.u16()) };
}

export function encodeDriverInfo(w: Writer, { driver, information }: DriverInfo): void {
  w.u8(0);
  w.put(encodeText(driver));
  w.u16(information.length);
  w.put(information);
}

/** The block that superblock versions 0 and 1 point at. */
export function readDriverInfoBlock(context: FormatContext, address: number): DriverInfo {
  const head = context.reader(address, BLOCK_HEAD, BLOCK);
  head.version(0);
  head.skip(3);
  const size = head.u32();
  const driver = decodeText(head.take(8));
  const r = context.reader(address, BLOCK_HEAD + size, BLOCK);
  r.skip(BLOCK_HEAD);
  return { driver, information: r.take(size) };
}

export function extentOfDriverInfoBlock(context: FormatContext, address: number): Extent {
  return metadata(BLOCK, address, BLOCK_HEAD + readDriverInfoBlock(context, address).information.length, 0);
}

export function encodeDriverInfoBlock(w: Writer, { driver, information }: DriverInfo): void {
  w.u8(0);
  w.zeros(3);
  w.u32(information.length);
  w.put(encodeText(driver));
  w.put(information);
}
