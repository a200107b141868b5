import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { resolve } from "node:path";
import { CommandError, EXIT } from "../src/cli/exit-status.ts";

/** Set in the environment of a daemon that was started in the background: somebody waits for its outcome. */
const MARK = "H5FS_BACKGROUND";

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
    child.send?.(outcome, () => child.connected && child.disconnect());
  };
  return {
    mounted: (directory) => tell({ kind: "mounted", directory }),
    failed: (status, message) => tell({ kind: "failed", status, message }),
  };
}

/**
 * Starts the same program with the same arguments in the foreground of a session of its own, and waits until it has mounted.
 * Resolves to the mount point. @throws CommandError as the daemon failed
 */
export async function startInBackground(args: readonly string[], logFile: string | undefined): Promise<string> {
  const log = logFile === undefined ? "ignore" : openSync(resolve(logFile), "a", 0o600);
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? "", ...args], {
    detached: true,
    env: { ...process.env, [MARK]: "1" },
    stdio: ["ignore", log, log, "ipc"],
  });
  if (typeof log === "number") closeSync(log);
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
