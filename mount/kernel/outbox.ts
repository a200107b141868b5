import type { MessagePort } from "node:worker_threads";
import type { KernelCache } from "../mount-session.ts";
import type { Delivery, Notice } from "./notice.ts";

/** The engine thread's end of the notifier. */
export interface OutboxSetup {
  readonly port: MessagePort;
  /** How many deliveries the notifier has not yet made, in shared memory. */
  readonly outstanding: SharedArrayBuffer;
}

/**
 * What the engine thread gives the notifier to write: notices, and the replies that must not come before them. The engine does not
 * write notices itself: the kernel holds such a write up until a page that it concerns is read or written, by requests that the engine
 * answers. (So the replies to those, READ and WRITE, wait for nothing, and that to SETATTR does not wait for the node's own pages to be
 * forgotten: while a file is cut off, the kernel writes none of its pages.)
 */
export class Outbox implements KernelCache {
  readonly #port: MessagePort;
  readonly #outstanding: Int32Array;
  readonly #notices = new Map<number, Notice>();
  /** Of each delivery that may not have been made yet, the nodes whose pages it is about. */
  readonly #unfinished: ReadonlySet<number>[] = [];

  constructor({ port, outstanding }: OutboxSetup) {
    this.#port = port;
    this.#outstanding = new Int32Array(outstanding);
  }

  invalidate(nodeid: number, pages: boolean): void {
    this.#notices.set(nodeid, { nodeid, pages: pages || this.#notices.get(nodeid)?.pages === true });
  }

  /**
   * Takes a reply over, where there are notices that must come before it. False: it is to be sent at once.
   * @param changing the node that a SETATTR changes
   */
  takeOver(reply: Uint8Array, changing: number | undefined): boolean {
    const outstanding = Atomics.load(this.#outstanding, 0);
    this.#unfinished.splice(0, this.#unfinished.length - outstanding);
    if (this.#notices.size === 0 && outstanding === 0) return false;
    if (changing !== undefined && this.#isAwaited(changing)) {
      this.send();
      return false;
    }
    this.#deliver(reply.slice());
    return true;
  }

  #isAwaited(nodeid: number): boolean {
    return this.#notices.get(nodeid)?.pages === true || this.#unfinished.some((nodeids) => nodeids.has(nodeid));
  }

  /** The notices so far go without a reply. */
  send(): void {
    if (this.#notices.size > 0) this.#deliver(undefined);
  }

  close(): void {
    this.#port.close();
  }

  #deliver(reply: Uint8Array | undefined): void {
    const delivery: Delivery = { notices: [...this.#notices.values()], reply };
    this.#unfinished.push(new Set(delivery.notices.filter(({ pages }) => pages).map(({ nodeid }) => nodeid)));
    this.#notices.clear();
    Atomics.add(this.#outstanding, 0, 1);
    this.#port.postMessage(delivery);
  }
}
