import { closeSync } from "node:fs";
import { CommandError, EXIT } from "../../src/cli/exit-status.ts";
import { receiveDescriptor, setNonBlocking, socketPair } from "../native.ts";
import { mountEntry } from "./mount-table.ts";
import { type ProgramResult, type RunOptions, runProgram } from "./run-program.ts";

/** The setuid programs by which a user may mount, of libfuse 3 and 2; both speak the same way. */
const PROGRAMS = ["fusermount3", "fusermount"] as const;

/** The child's end of the socket through which it sends the descriptor of /dev/fuse. */
const COMMUNICATION_FD = 3;

/**
 * Mounts as an ordinary user.
 * @returns the descriptor of /dev/fuse, not blocking
 * @throws CommandError
 */
export async function mountByFusermount(
  source: string,
  directory: string,
  options: readonly string[],
  limits: Pick<RunOptions, "timeLimit" | "signal">,
): Promise<number> {
  const all = [...options, `fsname=${escapeOption(source)}`, "subtype=h5fs"];
  const [ours, theirs] = socketPair();
  try {
    const result = await runFusermount(["-o", all.join(","), "--", directory], limits, theirs);
    const device = result.status === 0 ? receiveDescriptor(ours) : undefined;
    if (device === undefined) {
      // It may have mounted before it was given up; without a descriptor nobody will ever answer there.
      const isLeft = (result.killed || result.status === 0) && mountEntry(directory)?.source === source;
      if (isLeft) await unmountByFusermount(directory, true, limits.timeLimit);
      throw new CommandError(EXIT.mountFailed, `mounting at ${directory} failed: ${explain(result)}`);
    }
    setNonBlocking(device);
    return device;
  } finally {
    closeSync(ours);
    closeSync(theirs);
  }
}

/** `message` is what went wrong, with advice, where the status is not 0. */
export async function unmountByFusermount(directory: string, lazy: boolean, timeLimit: number): Promise<ProgramResult> {
  const result = await runFusermount(["-u", ...(lazy ? ["-z"] : []), "--", directory], { timeLimit });
  return { ...result, message: explain(result) };
}

async function runFusermount(
  args: readonly string[],
  limits: Pick<RunOptions, "timeLimit" | "signal">,
  socket?: number,
): Promise<ProgramResult> {
  const handedOn =
    socket === undefined
      ? {}
      : { inherit: new Map([[COMMUNICATION_FD, socket]]), environment: { _FUSE_COMMFD: `${COMMUNICATION_FD}` } };
  const [first, second] = PROGRAMS;
  const result = await runProgram(first, args, { ...handedOn, ...limits });
  return result.missing ? await runProgram(second, args, { ...handedOn, ...limits }) : result;
}

/** In fusermount's option list a comma ends an option. */
function escapeOption(value: string): string {
  return value.replace(/[\\,]/g, "\\$&");
}

function explain({ message, missing, status }: ProgramResult): string {
  if (missing) return 'a user needs "fusermount3", which is not installed: install the package fuse3, or mount as root';
  if (status === 0) return "fusermount3 ended without sending a descriptor";
  return `${message}${mountAdvice(message)}`;
}

/** What to do about a message of fusermount3, or of libfuse: "", or in brackets, after a blank. */
export function mountAdvice(message: string): string {
  if (message.includes("user_allow_other")) return ' (put the line "user_allow_other" into /etc/fuse.conf, as root)';
  if (/\/dev\/fuse: Permission denied/.test(message)) return ' (make it usable, as root: "chmod 666 /dev/fuse")';
  if (/\/dev\/fuse: (No such|device not found)|device not found|modprobe/.test(message)) {
    return ' (load the kernel\'s module, as root: "modprobe fuse"; in a container, start that with "--device /dev/fuse")';
  }
  if (/Operation not permitted/.test(message)) {
    return " (fusermount3 must be owned by root and setuid; containers and AppArmor may forbid it to mount)";
  }
  if (/mounting over filesystem type/.test(message)) return " (choose a directory on a local disk)";
  return "";
}
