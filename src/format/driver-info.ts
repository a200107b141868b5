import type { FormatContext } from "./context.ts";
import type { Reader } from "./reader.ts";
import { decodeText } from "./text.ts";

/** Driver info (IV.A.2.u, "The Driver Info Message"; II.B, "File Driver Info"): how the file is spread over several. */
export interface DriverInfo {
  /** Eight characters: "NCSAfami", "NCSAmult". */
  readonly driver: string;
  readonly information: Uint8Array;
}

/** The message of a superblock extension. */
export function decodeDriverInfo(r: Reader): DriverInfo {
  r.version(0);
  const driver = decodeText(r.take(8));
  return { driver, information: r.take(r.u16()) };
}

/** The block that superblock versions 0 and 1 point at. */
export function readDriverInfoBlock(context: FormatContext, address: number): DriverInfo {
  const structure = "driver information block";
  const head = context.reader(address, 16, structure);
  head.version(0);
  head.skip(3);
  const size = head.u32();
  const driver = decodeText(head.take(8));
  const r = context.reader(address, 16 + size, structure);
  r.skip(16);
  return { driver, information: r.take(size) };
}
