import { writeSync, writevSync } from "node:fs";
import type { H5Error } from "../../src/errors.ts";
import { Errno, errnoOf } from "../errno.ts";
import type { AttributesReply } from "../filesystem.ts";
import { OUT_HEADER_SIZE, putAttributesReply, putOutHeader, putStatxReply } from "./structs.ts";

/** Replies up to this size are copied into one piece: cheaper than to have the kernel gather them. */
const COPIED = 2 ** 16;

/** The kernel takes one reply by one writev, of at most so many parts (IOV_MAX). */
const MAX_PARTS = 1024;

/** Writes replies to the kernel. Any thread may: each has its own, on the same descriptor. */
export class Replier {
  readonly #device: number;
  readonly #buffer = Buffer.alloc(OUT_HEADER_SIZE + COPIED);
  readonly #header = this.#buffer.subarray(0, OUT_HEADER_SIZE);
  /** Parked requests that wait for `struct fuse_statx_out`. */
  readonly #statx = new Set<number>();
  readonly view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset, this.#buffer.length);

  constructor(device: number) {
    this.#device = device;
  }

  /**
   * Sends what lies in `view` after the header, up to `end`.
   * False: nobody waits for it any more, the request having been interrupted or the file system unmounted.
   */
  send(unique: number, end: number): boolean {
    putOutHeader(this.view, end, 0, unique);
    return this.#write(end);
  }

  /** Sends the parts one after the other. */
  data(unique: number, parts: readonly Uint8Array[]): boolean {
    let end = OUT_HEADER_SIZE;
    for (const part of parts) end += part.length;
    putOutHeader(this.view, end, 0, unique);
    if (end > this.#buffer.length) {
      return this.#gather(parts.length < MAX_PARTS ? parts : [Buffer.concat(parts)]);
    }
    let at = OUT_HEADER_SIZE;
    for (const part of parts) {
      this.#buffer.set(part, at);
      at += part.length;
    }
    return this.#write(end);
  }

  /** Says that a parked request is a STATX: `attributes` answers it in that form. */
  expectStatx(unique: number): void {
    this.#statx.add(unique);
  }

  attributes(unique: number, reply: AttributesReply): boolean {
    const put = this.#statx.delete(unique) ? putStatxReply : putAttributesReply;
    return this.send(unique, put(this.view, OUT_HEADER_SIZE, reply));
  }

  /** `errno` 0: done, with nothing to say. */
  errno(unique: number, errno: number): boolean {
    this.#statx.delete(unique);
    putOutHeader(this.view, OUT_HEADER_SIZE, errno, unique);
    return this.#write(OUT_HEADER_SIZE);
  }

  failure(unique: number, error: H5Error): boolean {
    return this.errno(unique, errnoOf(error) ?? Errno.EIO);
  }

  #write(end: number): boolean {
    try {
      writeSync(this.#device, this.#buffer, 0, end);
      return true;
    } catch (error) {
      return undelivered(error);
    }
  }

  #gather(parts: readonly Uint8Array[]): boolean {
    try {
      writevSync(this.#device, [this.#header, ...parts]);
      return true;
    } catch (error) {
      return undelivered(error);
    }
  }
}

/** False where a write failed because nobody waits for the reply; any other failure is thrown on. */
function undelivered(error: unknown): false {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT" || code === "ENODEV" || code === "ECONNABORTED") return false;
  throw error;
}
