import { readSync } from "node:fs";
import { Errno } from "../errno.ts";
import { pollReadable, readDescriptor, SystemCallError } from "../native.ts";
import type { Dispatcher } from "./dispatch.ts";
import { MAX_WRITE } from "./init.ts";
import { ShortWait } from "./short-wait.ts";
import { IN_HEADER_SIZE } from "./structs.ts";

/**
 * So many requests are answered one after the other before `wakeup` is looked at. Waiting in `poll` before each costs a
 * quarter of the rate where there always is another.
 */
const BURST = 32;

/** What a thread needs to answer the kernel itself. */
export interface KernelDescriptors {
  /** /dev/fuse, non-blocking. */
  readonly device: number;
  /** An eventfd: written to after a message to the engine thread, which waits in `poll`. */
  readonly wakeup: number;
}

export interface ServeEvents {
  /** `wakeup` was written to. False ends the loop. */
  onWake(): boolean;
  /** What there is to be done when nothing is asked for. */
  readonly session: { readonly due: number; idle(): void };
}

/**
 * Answers the kernel's requests until the file system is unmounted, on the calling thread, which does nothing else.
 * @throws UnsupportedError where the kernel is too old
 */
export function serve(
  { device, wakeup }: KernelDescriptors,
  dispatcher: Dispatcher,
  { onWake, session }: ServeEvents,
): void {
  const buffer = new RequestBuffer();
  const shortWait = new ShortWait();
  const counter = Buffer.alloc(8);
  for (;;) {
    const outcome = serveBurst(device, buffer, dispatcher, shortWait);
    if (outcome === "ended") break;
    dispatcher.resume();
    const due = session.due;
    const isBusy = outcome === "more" || dispatcher.isPreparing;
    const ready = pollReadable(device, wakeup, isBusy ? 0 : Math.ceil(due));
    if (due >= 0 && session.due === 0) session.idle();
    dispatcher.prepare();
    if (!ready.second) continue;
    readSync(wakeup, counter);
    if (!onWake()) break;
  }
  dispatcher.end();
}

/** Where requests are read to, one after the other. */
class RequestBuffer {
  /** One read gives one request whole, or fails: the largest WRITE must fit. */
  readonly bytes = Buffer.allocUnsafeSlow(MAX_WRITE + 4096);
  #view = new DataView(this.bytes.buffer, 0, 0);

  /** The first `length` bytes. Most requests are as long as the one before, so the view is kept. */
  view(length: number): DataView {
    if (this.#view.byteLength !== length) this.#view = new DataView(this.bytes.buffer, this.bytes.byteOffset, length);
    return this.#view;
  }
}

/** "ended": unmounted, or the connection aborted. */
function serveBurst(
  device: number,
  buffer: RequestBuffer,
  dispatcher: Dispatcher,
  shortWait: ShortWait,
): "ended" | "idle" | "more" {
  let answered = 0;
  while (answered < BURST) {
    const length = readDescriptor(device, buffer.bytes);
    if (length >= IN_HEADER_SIZE) {
      shortWait.found();
      answered++;
      if (!dispatcher.dispatch(buffer.view(length))) return "ended";
      continue;
    }
    switch (-length) {
      case Errno.EAGAIN:
        if (shortWait.goesOn()) break;
        return "idle";
      case Errno.EINTR:
      // The request was interrupted before it was read.
      case Errno.ENOENT:
        break;
      case Errno.ENODEV:
      case Errno.ECONNABORTED:
        return "ended";
      default:
        if (length < 0) throw new SystemCallError("read of /dev/fuse", -length);
        throw new TypeError(`a request of ${length} bytes, which is shorter than its header`);
    }
  }
  return "more";
}
