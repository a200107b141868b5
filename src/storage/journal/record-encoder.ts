import { crc32 } from "node:zlib";
import { putU64 } from "../little-endian.ts";
import { align, HEAD, TYPE, WRITE_HEAD } from "./log-record.ts";
import { ReusedMemory } from "./reused-memory.ts";

/** Encodes the records of one transaction after the other (docs/writing.md, section 2), in memory that is used again. */
export class RecordEncoder {
  readonly #memory = new ReusedMemory();

  /** Forgets what was encoded. */
  clear(): void {
    this.#memory.clear();
  }

  /** What holds the records: another one after the next record. */
  get memory(): Uint8Array {
    return this.#memory.bytes;
  }

  /**
   * Bytes [offset, offset + length) of the file are replaced.
   * @param replacedLength so many bytes from `offset` on lay before the end of allocation at the last checkpoint
   * @param replaced their CRC-32
   * @returns where the caller puts the new bytes into `memory`
   */
  write(offset: number, length: number, replacedLength: number, replaced: number): number {
    const at = this.#begin(TYPE.write, WRITE_HEAD + length);
    putU64(this.#memory.view, at, offset);
    this.#memory.view.setUint32(at + 8, replacedLength, true);
    this.#memory.view.setUint32(at + 12, replaced, true);
    return at + WRITE_HEAD;
  }

  /** Bytes were written into the file itself. @param checksum their CRC-32 */
  extent(offset: number, length: number, checksum: number): void {
    const at = this.#begin(TYPE.extent, 24);
    putU64(this.#memory.view, at, offset);
    putU64(this.#memory.view, at + 8, length);
    putU64(this.#memory.view, at + 16, checksum);
  }

  /** Ends a transaction. @param end of allocation after it */
  publish(transaction: number, end: number): void {
    const at = this.#begin(TYPE.publish, 16);
    putU64(this.#memory.view, at, transaction);
    putU64(this.#memory.view, at + 8, end);
  }

  /** All up to `transaction` is durable. */
  sync(transaction: number): void {
    const at = this.#begin(TYPE.sync, 8);
    putU64(this.#memory.view, at, transaction);
  }

  /**
   * Computes the checksums.
   * @param chain the checksum of the record before; each record's own goes on from it
   * @returns the records, a view until something else is encoded, and the last one's checksum
   */
  seal(chain: number): { readonly bytes: Uint8Array; readonly chain: number } {
    const { bytes, view, used } = this.#memory;
    let last = chain;
    for (let at = 0; at < used; ) {
      const end = at + HEAD + align(view.getUint32(at + 4, true));
      view.setUint32(at + 8, 0, true);
      last = crc32(bytes.subarray(at, end), last);
      view.setUint32(at + 8, last, true);
      at = end;
    }
    return { bytes: bytes.subarray(0, used), chain: last };
  }

  /** Begins a record, with zeros after a payload that ends within eight bytes. @returns where its payload is */
  #begin(type: number, size: number): number {
    const length = HEAD + align(size);
    const at = this.#memory.take(length);
    const { view } = this.#memory;
    // The last eight bytes of the payload, before they are written.
    view.setFloat64(at + length - 8, 0);
    view.setUint32(at, type, true);
    view.setUint32(at + 4, size, true);
    view.setUint32(at + 12, 0, true);
    return at + HEAD;
  }
}
