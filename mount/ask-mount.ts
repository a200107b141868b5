import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What a mount says to a question. */
export type Answer =
  | { readonly kind: "value"; readonly text: string }
  /** It, or the kernel in its stead, refuses: `code` is the errno's name. */
  | { readonly kind: "refused"; readonly code: string }
  | { readonly kind: "silent" };

/** Milliseconds that a daemon may take to answer what it knows by heart, the asking process's start on a busy machine included. */
const PATIENCE = 10_000;

/**
 * Asks a mount for one of its own extended attributes. By another process: a mount that hangs holds whoever asks, and such
 * a process can be killed.
 */
export function askMount(directory: string, attribute: string): Promise<Answer> {
  const script = fileURLToPath(new URL("./ask-process.js", import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, directory, attribute], {
      cwd: "/",
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      child.stdout.destroy();
      child.unref();
      resolve({ kind: "silent" });
    }, PATIENCE);
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    child.on("error", reject);
    child.on("close", () => {
      clearTimeout(timer);
      resolve(text === "" ? { kind: "silent" } : JSON.parse(text));
    });
  });
}
