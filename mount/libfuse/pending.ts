import type { H5Error } from "../../src/errors.ts";
import { Errno, errnoOf } from "../errno.ts";
import type { AttributesReply } from "../filesystem.ts";
import type { Answer } from "../job.ts";
import type { ParkedReplier } from "../session.ts";

/** How a parked request is answered: with what its operation gives, or an errno. */
export interface Pending {
  data?(parts: readonly Uint8Array[]): void;
  attributes?(reply: AttributesReply): void;
  errno(errno: number): void;
}

/** The parked requests. libfuse knows no `unique`; one is made for each. */
export class PendingCalls implements ParkedReplier {
  readonly #pending = new Map<number, Pending>();

  park(unique: number, pending: Pending): void {
    this.#pending.set(unique, pending);
  }

  data(unique: number, parts: readonly Uint8Array[]): void {
    this.#take(unique)?.data?.(parts);
  }

  attributes(unique: number, reply: AttributesReply): void {
    this.#take(unique)?.attributes?.(reply);
  }

  errno(unique: number, errno: number): void {
    this.#take(unique)?.errno(errno);
  }

  failure(unique: number, error: H5Error): void {
    this.errno(unique, errnoOf(error) ?? Errno.EIO);
  }

  /** A worker's answer. */
  answer(answer: Answer): void {
    if ("bytes" in answer) this.data(answer.unique, [answer.bytes]);
    else this.errno(answer.unique, answer.errno);
  }

  #take(unique: number): Pending | undefined {
    const pending = this.#pending.get(unique);
    this.#pending.delete(unique);
    return pending;
  }
}
