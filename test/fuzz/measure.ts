import { readFileSync, writeFileSync } from "node:fs";

/** What one input took. */
export interface Cost {
  /** Milliseconds of processor time: those of a machine that others use, too, tell nothing. */
  readonly milliseconds: number;
  /** By how many bytes the process was larger, at most, than before. */
  readonly bytes: number;
}

export function measure(use: () => void): Cost {
  resetPeak();
  const memory = residentBytes().now;
  const start = process.cpuUsage();
  use();
  const { user, system } = process.cpuUsage(start);
  return { milliseconds: (user + system) / 1000, bytes: Math.max(0, residentBytes().peak - memory) };
}

const linux = process.platform === "linux";

/** proc_pid_clear_refs(5): the peak of the resident set counts from now on. */
function resetPeak(): void {
  if (linux) writeFileSync("/proc/self/clear_refs", "5");
}

/** Elsewhere than on Linux there is no peak: what is there now stands for it. */
function residentBytes(): { readonly now: number; readonly peak: number } {
  if (!linux) {
    const { rss } = process.memoryUsage();
    return { now: rss, peak: rss };
  }
  const status = readFileSync("/proc/self/status", "latin1");
  const field = (name: string): number => 1024 * Number(new RegExp(`${name}:\\s*(\\d+) kB`).exec(status)?.[1] ?? 0);
  return { now: field("VmRSS"), peak: field("VmHWM") };
}

/** Seconds of processor time that a process has used; `undefined` where that cannot be told, or it is gone. */
export function processorSeconds(pid: number): number | undefined {
  if (!linux) return undefined;
  try {
    // proc_pid_stat(5): user and system time, in hundredths of a second, are the fields 14 and 15; the name may have blanks.
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\) /s, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return undefined;
  }
}

export function residentBytesOf(pid: number): number | undefined {
  if (!linux) return undefined;
  try {
    return 4096 * Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]);
  } catch {
    return undefined;
  }
}
