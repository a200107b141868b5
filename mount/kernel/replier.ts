import type { H5Error } from "../../src/errors.ts";
import { Errno, errnoOf } from "../errno.ts";
import type { AttributesReply } from "../filesystem.ts";
import { SystemCallError, writeDescriptor } from "../native.ts";
import type { Outbox } from "./outbox.ts";
import { OUT_HEADER_SIZE, putAttributesReply, putOutHeader, putStatxReply } from "./structs.ts";

/** The largest READ that this transport agrees to (init.ts) fits. Larger replies get a larger buffer. */
const ROOM = 2 ** 20;

export interface OrderedRequest {
  readonly unique: number;
  /** The node that it changes, where it is a SETATTR. */
  readonly changing: number | undefined;
}

/** Writes replies to the kernel. Any thread may: each has its own, on the same descriptor. */
export class Replier {
  readonly #device: number;
  readonly #outbox: Outbox | undefined;
  /**
   * The request whose reply is to come after all that the kernel is to hear before it; all others are answered at once: whoever reads or
   * writes a page, now or when a worker is done, may be waited for by that.
   */
  current: OrderedRequest | undefined;
  /** Parked requests whose reply is to wait all the same. */
  readonly #ordered = new Set<number>();
  #buffer = Buffer.allocUnsafeSlow(OUT_HEADER_SIZE + ROOM);
  #view = viewOf(this.#buffer);
  #room = new Uint8Array(0);
  /** Parked requests that wait for `struct fuse_statx_out`. */
  readonly #statx = new Set<number>();

  /** @param outbox of the thread whose changes the kernel is told of */
  constructor(device: number, outbox?: Outbox) {
    this.#device = device;
    this.#outbox = outbox;
  }

  /** The reply to come: its body begins at OUT_HEADER_SIZE. */
  get view(): DataView {
    return this.#view;
  }

  /** Where a body of at most `length` bytes is to be put, before `sendRoom`; to be used before the next reply. */
  room(length: number): Uint8Array {
    if (this.#room.length !== length) {
      if (OUT_HEADER_SIZE + length > this.#buffer.length) {
        this.#buffer = Buffer.allocUnsafeSlow(OUT_HEADER_SIZE + length);
        this.#view = viewOf(this.#buffer);
      }
      this.#room = this.#buffer.subarray(OUT_HEADER_SIZE, OUT_HEADER_SIZE + length);
    }
    return this.#room;
  }

  /**
   * Sends what lies in `view` after the header, up to `end`.
   * False: nobody waits for it any more, the request having been interrupted or the file system unmounted.
   */
  send(unique: number, end: number): boolean {
    putOutHeader(this.#view, end, 0, unique);
    return this.#write(end, unique);
  }

  /** Sends the first `length` bytes of the room. */
  sendRoom(unique: number, length: number): boolean {
    return this.send(unique, OUT_HEADER_SIZE + length);
  }

  /** Sends the parts one after the other. */
  data(unique: number, parts: readonly Uint8Array[]): boolean {
    const room = this.room(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      room.set(part, at);
      at += part.length;
    }
    return this.sendRoom(unique, at);
  }

  /** Says that a parked request is a STATX: `attributes` answers it in that form. */
  expectStatx(unique: number): void {
    this.#statx.add(unique);
  }

  /** Says that what a parked request has changed is to be known to the kernel before it is answered, by `errno`. */
  keepOrder(unique: number): void {
    this.#ordered.add(unique);
  }

  attributes(unique: number, reply: AttributesReply): boolean {
    const put = this.#statx.delete(unique) ? putStatxReply : putAttributesReply;
    return this.send(unique, put(this.#view, OUT_HEADER_SIZE, reply));
  }

  /** `errno` 0: done, with nothing to say. */
  errno(unique: number, errno: number): boolean {
    this.#statx.delete(unique);
    putOutHeader(this.#view, OUT_HEADER_SIZE, errno, unique);
    return this.#write(OUT_HEADER_SIZE, unique);
  }

  failure(unique: number, error: H5Error): boolean {
    return this.errno(unique, errnoOf(error) ?? Errno.EIO);
  }

  #isTakenOver(end: number, unique: number): boolean {
    const isCurrent = this.current?.unique === unique;
    if (this.#ordered.delete(unique) || isCurrent) {
      return (
        this.#outbox?.takeOver(this.#buffer.subarray(0, end), isCurrent ? this.current?.changing : undefined) === true
      );
    }
    this.#outbox?.send();
    return false;
  }

  /** False where nobody waits for the reply; any other failure is an exception. */
  #write(end: number, unique: number): boolean {
    if (this.#isTakenOver(end, unique)) return true;
    const written = writeDescriptor(this.#device, this.#buffer, end);
    switch (-written) {
      case Errno.ENOENT:
      case Errno.ENODEV:
      case Errno.ECONNABORTED:
        return false;
    }
    if (written < 0) throw new SystemCallError("write of a reply to /dev/fuse", -written);
    return true;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
