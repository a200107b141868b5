import { spawn } from "node:child_process";
import { CommandError, EXIT } from "../src/cli/exit-status.ts";

/** Set in the environment of a daemon that was started in the background: somebody waits for its outcome. */
const MARK = "H5FS_BACKGROUND";

/** Milliseconds that a daemon which is told to give up may take. */
const PATIENCE = 3000;

type Outcome =
  | { readonly kind: "mounted"; readonly directory: string }
  | { readonly kind: "failed"; readonly status: number; readonly message: string };

/** The waiting process, as its daemon sees it. */
export interface Parent {
  mounted(directory: string): void;
  failed(status: number, message: string): void;
}

/** `undefined`: this process was not started by `startInBackground`. */
export function parentOf(child: NodeJS.Process): Parent | undefined {
  if (child.env[MARK] === undefined || child.send === undefined) return undefined;
  const tell = (outcome: Outcome): void => {
    // A parent that was killed hears nothing.
    if (!child.connected) return;
    child.send?.(outcome, () => child.connected && child.disconnect());
  };
  return {
    mounted: (directory) => tell({ kind: "mounted", directory }),
    failed: (status, message) => tell({ kind: "failed", status, message }),
  };
}

/**
 * Starts the same program with these arguments in a session of its own, and waits until it has mounted. A signal to this
 * process ends that, too. Resolves to the mount point. @throws CommandError as the daemon failed
 */
export async function startInBackground(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? "", ...args], {
    detached: true,
    env: { ...process.env, [MARK]: "1" },
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const giveUp = (): void => {
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), PATIENCE).unref();
  };
  // Once: a second signal does what signals do.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, giveUp);
  const outcome = await new Promise<Outcome>((resolveOutcome, reject) => {
    child.once("message", (message: Outcome) => resolveOutcome(message));
    child.once("error", reject);
    child.once("exit", (status, signal) => {
      const how = signal === null ? `with status ${status}` : `by ${signal}`;
      resolveOutcome({
        kind: "failed",
        status: EXIT.defect,
        message: `h5fs: the daemon ended ${how} before it had mounted`,
      });
    });
  });
  if (outcome.kind === "failed") throw new CommandError(outcome.status, outcome.message.replace(/^h5fs: /, ""));
  child.disconnect();
  child.unref();
  return outcome.directory;
}
