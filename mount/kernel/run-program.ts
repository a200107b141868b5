import { spawn } from "node:child_process";

export interface ProgramResult {
  /** The exit status; -1: it could not be started, was ended by a signal or by the time limit. */
  readonly status: number;
  /** What it wrote to standard error, on one line; else what went wrong with the program itself. */
  readonly message: string;
  /** It was killed: what it did before nobody knows. */
  readonly killed: boolean;
  /** There is no such program. */
  readonly missing: boolean;
}

export interface RunOptions {
  /** Descriptors to hand on: their number in the child, and ours. */
  readonly inherit?: ReadonlyMap<number, number>;
  readonly environment?: Readonly<Record<string, string>>;
  /** Milliseconds until it is killed. */
  readonly timeLimit: number;
  /** Kills it, too. */
  readonly signal?: AbortSignal | undefined;
}

/** Where mount(8) and fusermount3 are, for those who have no PATH (systemd) or one without the sbin directories. */
const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Runs a program to its end; never fails, says how it went. */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: RunOptions,
): Promise<ProgramResult> {
  const { inherit = new Map<number, number>(), environment = {}, timeLimit, signal } = options;
  const stdio: ("ignore" | "pipe" | number)[] = ["ignore", "ignore", "pipe"];
  for (const [theirs, ours] of inherit) {
    while (stdio.length < theirs) stdio.push("ignore");
    stdio[theirs] = ours;
  }
  const { PATH } = process.env;
  const env = {
    ...process.env,
    PATH: PATH === undefined ? SYSTEM_PATH : `${PATH}:${SYSTEM_PATH}`,
    LC_ALL: "C",
    ...environment,
  };
  return await new Promise((resolve) => {
    // "/": a working directory may lie in a mount that does not answer.
    // A process group of its own: what it starts can be killed with it.
    const child = spawn(program, args, { cwd: "/", stdio, env, detached: true });
    let text = "";
    let killed = false;
    const end = (status: number, message: string, missing = false): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", interrupt);
      resolve({ status, message, killed, missing });
    };
    const kill = (message: string): void => {
      killed = true;
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
      // A process that waits in the kernel does not die: do not wait for it.
      child.stderr?.destroy();
      child.unref();
      end(-1, message);
    };
    const interrupt = (): void => kill(`${program} was interrupted`);
    const timer = setTimeout(() => kill(`${program} did not end within ${timeLimit} ms`), timeLimit);
    if (signal?.aborted) interrupt();
    else signal?.addEventListener("abort", interrupt);
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    child.on("error", (error) => {
      const missing = "code" in error && error.code === "ENOENT";
      end(-1, missing ? `there is no program "${program}"` : error.message, missing);
    });
    child.on("close", (status, signal) => {
      const said = text.trim().replace(/\s*\n\s*/g, "; ");
      end(status ?? -1, said === "" ? `${program} ended with ${signal ?? `status ${status}`}` : said);
    });
  });
}
