import type { CodecMode } from "../../codecs/codec.ts";
import { type Cost, measure } from "./measure.ts";
import { walkFile } from "./walk.ts";

/** What must never come of a file, whatever is in it. */
export interface Failure {
  readonly kind: "crash" | "hang" | "memory";
  /** One line, the same for the same defect. */
  readonly what: string;
  readonly detail: string;
}

export interface Outcome {
  readonly cost: Cost;
  readonly failure: Failure | undefined;
}

/** Milliseconds of processor time for a file of a few hundred KiB. */
export const MAX_MILLISECONDS = 2000;
const MAX_BYTES = 64 * 2 ** 20;
const MAX_BYTES_PER_BYTE = 32;

/** Half of the inputs are read with the portable codecs. */
export function modeOf(number: number): CodecMode {
  return number % 2 === 0 ? "native" : "portable";
}

/** Walks through one input. */
export function tryInput(bytes: Uint8Array, mode: CodecMode): Outcome {
  let thrown: unknown;
  const walk = (): void => {
    try {
      walkFile(bytes, mode);
    } catch (error) {
      thrown = error;
    }
  };
  let cost = measure(walk);
  if (thrown !== undefined) return { cost, failure: crash(thrown) };
  const most = MAX_BYTES + MAX_BYTES_PER_BYTE * bytes.length;
  // What is over a limit may have been the garbage of others, and the compiler's work.
  for (let again = 0; again < 2 && (cost.milliseconds > MAX_MILLISECONDS || cost.bytes > most); again++) {
    globalThis.gc?.();
    const second = measure(walk);
    cost = {
      milliseconds: Math.min(cost.milliseconds, second.milliseconds),
      bytes: Math.min(cost.bytes, second.bytes),
    };
  }
  if (cost.milliseconds > MAX_MILLISECONDS) {
    const detail = `${Math.round(cost.milliseconds)} ms`;
    return { cost, failure: { kind: "hang", what: "slow", detail } };
  }
  if (cost.bytes > most) {
    return { cost, failure: { kind: "memory", what: "memory", detail: `${Math.round(cost.bytes / 2 ** 20)} MiB` } };
  }
  return { cost, failure: undefined };
}

function crash(error: unknown): Failure {
  if (!(error instanceof Error)) return { kind: "crash", what: String(error), detail: "" };
  const frame = /at .*?\(?[^( ]*\/((?:src|codecs)\/[^:]*:\d+)/.exec(error.stack ?? "")?.[1] ?? "";
  return {
    kind: "crash",
    what: `${error.name} in ${frame}: ${error.message.slice(0, 100)}`,
    detail: error.stack ?? "",
  };
}
