import { closeSync } from "node:fs";
import koffi from "koffi";
import { readDescriptor, setNonBlocking, socketPair } from "../native.ts";

const libc = koffi.load(null);
const dup = libc.func("int dup(int fd)");
const dup2 = libc.func("int dup2(int from, int to)");

const STANDARD_ERROR = 2;

/** Runs `run` and gives what C code, and programs it started, wrote to standard error meanwhile, and what `run` threw. */
export function captureStandardError(run: () => void): { readonly text: string; readonly error: unknown } {
  const [ours, theirs] = socketPair();
  const saved: number = dup(STANDARD_ERROR);
  dup2(theirs, STANDARD_ERROR);
  let error: unknown;
  try {
    run();
  } catch (thrown) {
    error = thrown;
  } finally {
    dup2(saved, STANDARD_ERROR);
    closeSync(saved);
    closeSync(theirs);
  }
  setNonBlocking(ours);
  const buffer = Buffer.alloc(2 ** 16);
  const length = Math.max(0, readDescriptor(ours, buffer));
  closeSync(ours);
  return { text: buffer.toString("utf8", 0, length), error };
}
