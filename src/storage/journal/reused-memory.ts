/** Bytes that stay allocated for the next transaction, at most. */
const KEPT = 2 ** 20;
const FIRST = 2 ** 14;

/** Memory that grows as a transaction needs it, and is used again by the next one. */
export class ReusedMemory {
  bytes = new Uint8Array(FIRST);
  view = new DataView(this.bytes.buffer);
  /** Bytes in use. */
  used = 0;

  /** None is in use any more. */
  clear(): void {
    this.used = 0;
    if (this.bytes.length > KEPT) this.#allocate(FIRST);
  }

  /** Takes so many bytes more into use, for which `bytes` and `view` may become others. @returns where they are */
  take(length: number): number {
    const at = this.used;
    const end = at + length;
    if (end > this.bytes.length) this.#allocate(Math.max(end, 2 * this.bytes.length));
    this.used = end;
    return at;
  }

  #allocate(size: number): void {
    const old = this.bytes;
    this.bytes = new Uint8Array(size);
    this.bytes.set(old.subarray(0, this.used));
    this.view = new DataView(this.bytes.buffer);
  }
}
