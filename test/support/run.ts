import { spawn } from "node:child_process";

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Standard input; empty by default. */
  readonly input?: string | Uint8Array;
  /** Milliseconds until the program is killed and the run fails; 60,000 by default. */
  readonly timeout?: number;
}

export interface RunResult {
  /** Exit status; undefined if a signal ended the program. */
  readonly status: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs a program to its end, whatever its exit status. Rejects if it cannot be started, or does not end in time. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { cwd, env, input, timeout = 60_000 } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: "pipe" });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
      // A grandchild (a daemon) may hold the pipes open: what is said of this program is known now.
      child.stdout.destroy();
      child.stderr.destroy();
    }, timeout);
    child.stdout.on("data", (bytes: Buffer) => stdout.push(bytes));
    child.stderr.on("data", (bytes: Buffer) => stderr.push(bytes));
    // A program may end without reading its input; its exit status tells what came of it.
    child.stdin.on("error", () => child.stdin.destroy());
    child.stdin.end(input);
    child.on("error", (cause) => {
      clearTimeout(timer);
      reject(new Error(`cannot run ${command}`, { cause }));
    });
    child.on("close", (status, signal) => {
      clearTimeout(timer);
      const errors = Buffer.concat(stderr).toString();
      if (late) {
        reject(new Error(`${command} ${args.join(" ")}: not ended after ${timeout} ms; it said: ${errors}`));
      } else {
        resolve({
          status: status ?? undefined,
          signal: signal ?? undefined,
          stdout: Buffer.concat(stdout),
          stderr: errors,
        });
      }
    });
  });
}

/** Runs a program and gives what it wrote, as text. Rejects if its exit status is not 0. */
export async function output(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(command, args, options);
  if (result.status !== 0) {
    throw new Error(
      `${command} ${args.join(" ")}: ${result.signal ?? `exit status ${result.status}`}: ${result.stderr}`,
    );
  }
  return result.stdout.toString();
}

/** Whether a program of this name is on the PATH. */
export async function hasCommand(name: string): Promise<boolean> {
  return (await run("sh", ["-c", 'command -v "$1"', "sh", name])).status === 0;
}
