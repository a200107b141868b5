import type { H5Error } from "../../src/errors.ts";
import { Errno, errnoOf } from "../errno.ts";
import type { Answer, ReadReplier } from "../job.ts";

/** Answers parked requests by way of the thread that has the session: only that one may call libfuse back. */
export class AnswerPoster implements ReadReplier {
  readonly #post: (answer: Answer, own: readonly ArrayBuffer[]) => void;
  #room = new Uint8Array(new ArrayBuffer(0));

  /** @param post hands an answer over, and the memory it lies in */
  constructor(post: (answer: Answer, own: readonly ArrayBuffer[]) => void) {
    this.#post = post;
  }

  /** Memory of its own for each answer, for it is handed over. */
  room(length: number): Uint8Array {
    this.#room = new Uint8Array(new ArrayBuffer(length));
    return this.#room;
  }

  sendRoom(unique: number, length: number): void {
    this.#post({ unique, bytes: this.#room.subarray(0, length) }, [this.#room.buffer]);
  }

  failure(unique: number, error: H5Error): void {
    this.#post({ unique, errno: errnoOf(error) ?? Errno.EIO }, []);
  }
}
