import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, realpathSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { projectRoot } from "./project.ts";
import { removeTempDir, tempDir } from "./temp-dir.ts";

/** The program under test, of the same build as this file. */
export const H5FS = fileURLToPath(new URL("../../h5fs/main.js", import.meta.url));

const START_MS = 60_000;
const STOP_MS = 45_000;

/** The ways to the kernel that a mount has. */
export const TRANSPORTS = ["kernel", "libfuse"] as const;
export type TransportName = (typeof TRANSPORTS)[number];

/** The transport that a run of tests is for, where they do not say themselves: H5FS_TRANSPORT, else the kernel's own. */
export const TRANSPORT: TransportName = TRANSPORTS.find((name) => name === process.env.H5FS_TRANSPORT) ?? "kernel";

export interface MountOptions {
  /** Mount options, each as after `-o`: `["cache=1M"]`. */
  readonly options?: readonly string[];
  readonly transport?: TransportName;
  /** Where to mount; a folder of its own by default, removed afterwards. */
  readonly dir?: string;
  readonly env?: NodeJS.ProcessEnv;
}

export interface Mount {
  readonly dir: string;
  /** The daemon, in the foreground (`-f`). */
  readonly pid: number;
  /** What the daemon has said so far on standard error. */
  readonly log: () => string;
  /** Resolves when the daemon has ended, to how: `exit status 0`. */
  readonly ended: Promise<string>;
  /** Unmounts and waits for the daemon's end. Rejects if it did not end by itself with status 0; nothing is left in any case. */
  readonly unmount: () => Promise<void>;
}

/** Undefined if a FUSE file system can be mounted here, else why not. */
export function whyNoMount(transport: TransportName = TRANSPORT): string | undefined {
  if (!existsSync(H5FS)) {
    return `${H5FS} is not built`;
  }
  try {
    accessSync("/dev/fuse", constants.R_OK | constants.W_OK);
  } catch (error) {
    return `no access to /dev/fuse (${error instanceof Error ? error.message : String(error)})`;
  }
  if (process.getuid?.() !== 0 && spawnSync("fusermount3", ["-V"]).status !== 0) {
    return "fusermount3 (package fuse3) is not installed";
  }
  return transport === "libfuse" ? whyNoLibfuse() : undefined;
}

function whyNoLibfuse(): string | undefined {
  const { platform, arch } = process;
  const binary = join(projectRoot(), "node_modules/fuse-native/prebuilds", `${platform}-${arch}`);
  return existsSync(binary) ? undefined : `the package fuse-native is not installed, or not for ${platform}-${arch}`;
}

export function canMount(): boolean {
  return whyNoMount() === undefined;
}

/** File system type of what is mounted at exactly this folder, undefined if nothing is. Never touches the folder itself. */
export function mountedType(dir: string): string | undefined {
  let found: string | undefined;
  for (const line of readFileSync("/proc/self/mountinfo", "utf8").split("\n")) {
    // proc_pid_mountinfo(5): the mount point is field 5, blanks in it as octal; the type is the first field after " - ".
    const [before = "", after = ""] = line.split(" - ");
    const point = before
      .split(" ")[4]
      ?.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    if (point === dir) {
      found = after.split(" ")[0];
    }
  }
  return found;
}

const running = new Map<ChildProcess, string>();

process.on("exit", () => {
  for (const [child, dir] of running) {
    child.kill("SIGKILL");
    clearMount(dir);
  }
});

/** Takes away whatever is mounted at `dir`, without asking its daemon: for leftovers of a test that failed. */
export function clearMount(dir: string): void {
  for (let i = 0; i < 8 && mountedType(dir) !== undefined; i++) {
    const [command, ...args] = process.getuid?.() === 0 ? ["umount", "-l", dir] : ["fusermount3", "-u", "-z", dir];
    spawnSync(command ?? "", args);
  }
}

/** Mounts `file` with `h5fs FILE DIR -f` in a child and waits until the mount answers. Rejects, leaving nothing, if it does not come to be. */
export async function mountFile(file: string, options: MountOptions = {}): Promise<Mount> {
  const dir = options.dir === undefined ? tempDir() : realpathSync(options.dir);
  const words = [`transport=${options.transport ?? TRANSPORT}`, ...(options.options ?? [])];
  const args = [H5FS, file, dir, "-f", ...words.flatMap((option) => ["-o", option])];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"], env: options.env ?? process.env });
  running.set(child, dir);
  let log = "";
  child.stderr.on("data", (bytes: Buffer) => {
    log += bytes.toString();
  });
  const ended = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("exit", (status, signal) => resolve(signal ?? `exit status ${status}`));
  });

  const discard = () => {
    child.kill("SIGKILL");
    clearMount(dir);
    running.delete(child);
    if (options.dir === undefined) {
      removeTempDir(dir);
    }
  };

  const starting = new AbortController();
  const outcome = await Promise.race([
    mounted(dir, starting.signal).catch((error: unknown) => `does not answer: ${String(error)}`),
    ended.then((how) => `ended with ${how}`),
    sleep(START_MS, `was not mounted after ${START_MS} ms`, { ref: false }),
  ]);
  starting.abort();
  if (outcome !== undefined) {
    discard();
    throw new Error(`h5fs ${file} ${outcome}: ${log.trim()}`);
  }

  const unmount = async () => {
    if (mountedType(dir) === undefined && child.exitCode === 0) {
      discard();
      return;
    }
    const command = process.getuid?.() === 0 ? ["umount", dir] : ["fusermount3", "-u", dir];
    const unmounted = spawnSync(command[0] ?? "", command.slice(1), { encoding: "utf8", timeout: STOP_MS });
    const how = await Promise.race([
      ended,
      sleep(unmounted.status === 0 ? STOP_MS : 0, "no end: it had to be killed", { ref: false }),
    ]);
    discard();
    if (unmounted.status !== 0 || how !== "exit status 0") {
      throw new Error(`unmounting ${file}: ${unmounted.stderr ?? "umount hangs"} h5fs came to ${how}: ${log.trim()}`);
    }
  };
  return { dir, pid: child.pid ?? -1, log: () => log, ended, unmount };
}

/** Resolves, to undefined, when something answers at `dir`. */
async function mounted(dir: string, signal: AbortSignal): Promise<undefined> {
  while (!signal.aborted && mountedType(dir) === undefined) {
    await sleep(5);
  }
  // The kernel holds this back until INIT is answered.
  await stat(dir);
  return undefined;
}

/** Runs `use` on a mount of `file`, and unmounts in any case. What `use` throws comes before what unmounting throws. */
export async function withMount<T>(
  file: string,
  options: MountOptions,
  use: (mount: Mount) => T | Promise<T>,
): Promise<T> {
  const mount = await mountFile(file, options);
  let result: T;
  try {
    result = await use(mount);
  } catch (error) {
    await mount.unmount().catch((cause: unknown) => console.error(cause));
    throw error;
  }
  await mount.unmount();
  return result;
}
