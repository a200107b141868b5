import type { Timestamp } from "../../src/tree/posix-metadata.ts";

let last = 0n;

/** The time of a change: each is later than the one before, so that programs which compare times see every change. */
export function now(): Timestamp {
  const milliseconds = BigInt(Math.floor((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
  // Follows the system's clock when that is set.
  const drift = BigInt(Date.now()) * 1_000_000n - milliseconds;
  const time = drift > 50_000_000n || drift < -50_000_000n ? milliseconds + drift : milliseconds;
  last = time > last || last - time > 1_000_000_000n ? time : last + 1n;
  return { seconds: Number(last / 1_000_000_000n), nanoseconds: Number(last % 1_000_000_000n) };
}
