import { UnsupportedError } from "../errors.ts";
import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/**
 * Where a shared message is (Specification IV.A.2, "Shared Message"): in another object's header (a committed datatype).
 * @returns the address of that object header
 * @throws UnsupportedError for a message in the shared message heap (IV.A.2.p)
 */
export function decodeSharedMessage(r: Reader): number {
  const version = r.version(1, 2, 3);
  const type = r.u8();
  if (version === 1) {
    r.skip(6);
    // An offset into a local heap, as wide as a length, that was never used (the specification leaves it out).
    r.skip(r.sizes.sizeOfLengths);
    return r.definedOffset("address of the shared message");
  }
  if (version === 3 && type === 1) {
    throw new UnsupportedError(
      `${r.structure} at 0x${r.address.toString(16)}: is kept in the file's shared message heap, which is not read`,
      { structure: r.structure, address: r.address },
    );
  }
  if (version === 3 && type !== 2) r.fail(`shared message of type ${type}, expected 1 (heap) or 2 (committed)`);
  return r.definedOffset("address of the shared message");
}

/** In another object's header: as libhdf5 writes it, in version 2, which every library reads. */
export function encodeSharedMessage(w: Writer, address: number): void {
  w.u8(2);
  w.u8(2);
  w.offset(address);
}
