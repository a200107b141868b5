import { openSync, statSync, writeSync } from "node:fs";
import { CommandError, EXIT } from "../src/cli/exit-status.ts";
import { printable } from "../src/cli/printable.ts";
import { sendDatagram } from "./datagram.ts";
import { SystemCallError } from "./native.ts";

export type LogLevel = "error" | "warning" | "info";

/** Says, in one line, what a person should know of. */
export type Log = (level: LogLevel, line: string) => void;

/** The severities of syslog(3), in the facility "daemon". */
const PRIORITY: Record<LogLevel, number> = { error: 27, warning: 28, info: 30 };

/** For a daemon in the foreground: systemd, or whoever started it, keeps what it writes and when. */
export const standardErrorLog: Log = (_level, line) => {
  process.stderr.write(`h5fs: ${oneLine(line)}\n`);
};

/**
 * For a daemon in the background. @param path a file, which is appended to, or the socket of a system log
 * @throws CommandError where the file cannot be written
 */
export function openLog(path: string): Log {
  return isSystemLog(path) ? systemLog(path) : fileLog(path);
}

/** A system log that is not there, as in a container, is one nobody reads. */
function isSystemLog(path: string): boolean {
  return path === "/dev/log" || statSync(path, { throwIfNoEntry: false })?.isSocket() === true;
}

function systemLog(path: string): Log {
  return (level, line) => {
    try {
      sendDatagram(path, `<${PRIORITY[level]}>h5fs[${process.pid}]: ${oneLine(line)}`);
    } catch (error) {
      // There is no other place where this could be told.
      if (!(error instanceof SystemCallError)) throw error;
    }
  };
}

function fileLog(path: string): Log {
  let fd: number;
  try {
    fd = openSync(path, "a", 0o600);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    throw new CommandError(EXIT.usage, `-o log=${path}: the file cannot be written (${String(code)})`, error);
  }
  return (level, line) => {
    try {
      writeSync(fd, `${new Date().toISOString()} h5fs[${process.pid}] ${level}: ${oneLine(line)}\n`);
    } catch (error) {
      // A full disk must not end the mount, and there is no other place where this could be told.
      if (!(error instanceof Error && "code" in error)) throw error;
    }
  };
}

/** A stack of calls keeps its lines apart; what comes from a file must not look like a line of its own. */
function oneLine(text: string): string {
  return printable(text.trimEnd());
}
