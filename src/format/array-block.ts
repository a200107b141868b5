import type { Reader, Sizes } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** The array that a block belongs to: what its header says it has, and where that is. */
interface ArrayPlace {
  readonly header: { readonly clientId: number };
  readonly address: number;
}

/** Bytes of what each block of a fixed or extensible array (Specification III.C.3, III.C.4) begins with. */
export function arrayBlockHeadSize(sizes: Sizes): number {
  return 4 + 1 + 1 + sizes.sizeOfOffsets;
}

export function decodeArrayBlockHead(r: Reader, signature: string, { header, address }: ArrayPlace): void {
  r.signature(signature);
  r.version(0);
  const clientId = r.u8();
  if (clientId !== header.clientId) r.fail(`client id is ${clientId}, expected ${header.clientId}`);
  const owner = r.definedOffset("the header's address");
  if (owner !== address) r.fail(`belongs to the array at 0x${owner.toString(16)}, expected 0x${address.toString(16)}`);
}

export function encodeArrayBlockHead(w: Writer, signature: string, { header, address }: ArrayPlace): void {
  w.signature(signature);
  w.u8(0);
  w.u8(header.clientId);
  w.offset(address);
}

/** A page of a data block of either kind of array: elements, of `bytes` bytes in all, and their checksum. */
export function decodeArrayPage(r: Reader, bytes: number): Uint8Array {
  const start = r.position;
  const elements = r.take(bytes);
  r.checksum(start);
  return elements;
}

export function encodeArrayPage(w: Writer, elements: Uint8Array): void {
  const start = w.position;
  w.put(elements);
  w.checksum(start);
}
