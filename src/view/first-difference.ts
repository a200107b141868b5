import { decodeText } from "../format/text.ts";
import { resultOf } from "./result-of.ts";

/** Where two texts part. */
export interface Difference {
  /** Counted from 1. */
  readonly line: number;
  /** About the place: a few characters of each, empty where one has ended. */
  readonly expected: string;
  readonly found: string;
}

const BEFORE = 12;
const AFTER = 24;

/**
 * Compares two texts, piece by piece, up to their first difference.
 * @param expected @param found in pieces of any size, which are not kept
 * @returns `undefined`: they are the same
 */
export function firstDifference(expected: Iterable<Uint8Array>, found: Iterable<Uint8Array>): Difference | undefined {
  return resultOf(differenceSteps(expected, found));
}

/** The same, with a pause after each piece. */
export function* differenceSteps(
  expected: Iterable<Uint8Array>,
  found: Iterable<Uint8Array>,
): Generator<undefined, Difference | undefined> {
  const a = new Pieces(expected);
  const b = new Pieces(found);
  let line = 1;
  for (;;) {
    const left = a.piece();
    const right = b.piece();
    const length = Math.min(left.length, right.length);
    if (length === 0)
      return left.length === right.length ? undefined : { line, expected: a.around(0), found: b.around(0) };
    const isSame = Buffer.compare(left.subarray(0, length), right.subarray(0, length)) === 0;
    for (let i = 0; i < length; i++) {
      if (!isSame && left[i] !== right[i]) return { line, expected: a.around(i), found: b.around(i) };
      if (left[i] === 0x0a) line++;
    }
    a.take(length);
    b.take(length);
    yield;
  }
}

class Pieces {
  readonly #rest: Iterator<Uint8Array>;
  #piece: Uint8Array = new Uint8Array(0);
  /** The last characters before the piece. */
  #before: Uint8Array = new Uint8Array(0);

  constructor(pieces: Iterable<Uint8Array>) {
    this.#rest = pieces[Symbol.iterator]();
  }

  /** The next bytes; none at the end. */
  piece(): Uint8Array {
    while (this.#piece.length === 0) {
      const next = this.#rest.next();
      if (next.done === true) break;
      this.#piece = next.value;
    }
    return this.#piece;
  }

  take(length: number): void {
    const seen = this.#piece.subarray(0, length);
    this.#before = Buffer.concat([this.#before, seen.subarray(-BEFORE)]).subarray(-BEFORE);
    this.#piece = this.#piece.subarray(length);
  }

  /** Characters of the line around byte `at` of the piece. */
  around(at: number): string {
    const before = Buffer.concat([this.#before, this.#piece.subarray(Math.max(0, at - BEFORE), at)]).subarray(-BEFORE);
    const start = before.lastIndexOf(0x0a) + 1;
    const after = this.#piece.subarray(at, at + AFTER);
    const end = after.indexOf(0x0a);
    return decodeText(Buffer.concat([before.subarray(start), end < 0 ? after : after.subarray(0, end)]));
  }
}
