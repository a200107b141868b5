import type { Timestamp } from "../../src/tree/posix-metadata.ts";

const SECOND = 1e9;

let last: Timestamp = { seconds: 0, nanoseconds: 0 };

/** The time of a change: each is later than the one before, so that programs which compare times see every change. */
export function now(): Timestamp {
  const { seconds, nanoseconds } = clock();
  const ahead = (last.seconds - seconds) * SECOND + last.nanoseconds - nanoseconds;
  // Much later it was before the clock was set back.
  if (ahead < 0 || ahead > SECOND) last = { seconds, nanoseconds };
  else if (last.nanoseconds + 1 < SECOND) last = { seconds: last.seconds, nanoseconds: last.nanoseconds + 1 };
  else last = { seconds: last.seconds + 1, nanoseconds: 0 };
  return last;
}

/** To the microsecond; follows the system's clock when that is set. */
function clock(): Timestamp {
  const monotonic = Math.floor((performance.timeOrigin + performance.now()) * 1000);
  const drift = Date.now() * 1000 - monotonic;
  const microseconds = Math.abs(drift) > 50_000 ? monotonic + drift : monotonic;
  const seconds = Math.floor(microseconds / 1e6);
  return { seconds, nanoseconds: (microseconds - seconds * 1e6) * 1000 };
}
