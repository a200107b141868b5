import { readFileSync } from "node:fs";

/** One line of /proc/self/mountinfo (proc_pid_mountinfo(5)). */
export interface MountTableEntry {
  /** `MAJOR:MINOR`, as in /sys/class/bdi. */
  readonly device: string;
  readonly directory: string;
  /** Such as `fuse.h5fs`. */
  readonly type: string;
  readonly source: string;
}

/** What is mounted at exactly that absolute path, last of all; the path itself is not touched. */
export function mountEntry(directory: string): MountTableEntry | undefined {
  return mountEntries().findLast((entry) => entry.directory === directory);
}

/** All that is mounted, in the order in which it was. */
export function mountEntries(): MountTableEntry[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map(parseLine)
    .filter((entry) => entry !== undefined);
}

function parseLine(line: string): MountTableEntry | undefined {
  const [before = "", after = ""] = line.split(" - ");
  const [, , device, , directory] = before.split(" ");
  const [type, source] = after.split(" ");
  if (device === undefined || directory === undefined || type === undefined || source === undefined) return undefined;
  return { device, directory: unescapeOctal(directory), type, source: unescapeOctal(source) };
}

/** Blanks and backslashes are written as `\040`. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
