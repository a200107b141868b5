import type { H5Error } from "../../src/errors.ts";
import { Errno, errnoOf } from "../errno.ts";
import type { Answer } from "../job.ts";

/** Answers parked requests by way of the thread that has the session: only that one may call libfuse back. */
export class AnswerPoster {
  readonly #post: (answer: Answer, own: readonly ArrayBuffer[]) => void;

  /** @param post hands an answer over, and the memory it lies in */
  constructor(post: (answer: Answer, own: readonly ArrayBuffer[]) => void) {
    this.#post = post;
  }

  data(unique: number, parts: readonly Uint8Array[]): void {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const bytes = new Uint8Array(new ArrayBuffer(length));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    this.#post({ unique, bytes }, [bytes.buffer]);
  }

  failure(unique: number, error: H5Error): void {
    this.#post({ unique, errno: errnoOf(error) ?? Errno.EIO }, []);
  }
}
