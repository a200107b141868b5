import { spawn, spawnSync } from "node:child_process";
import { statSync, writeFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { clearMount, mountedType, mountFile, type TransportName } from "../../test/support/mount.ts";
import { projectRoot } from "../../test/support/project.ts";
import { output } from "../../test/support/run.ts";
import { withTempDir } from "../../test/support/temp-dir.ts";

export const FOLDER = join(projectRoot(), "scripts/bench");

/** Kilobytes that the kernel reads ahead in a mount; the same for every contestant. */
const READ_AHEAD_KIB = 1024;

/** The C programs of this folder, compiled into a folder. */
export interface Programs {
  readonly passthrough: string;
  readonly passthroughDir: string;
  readonly reader: string;
  readonly writer: string;
}

/** Undefined if the C programs can be compiled here, else why not. */
export function whyNoCompiler(): string | undefined {
  if (spawnSync("gcc", ["--version"]).status !== 0) {
    return "gcc is not installed";
  }
  if (spawnSync("pkg-config", ["--exists", "fuse3"]).status !== 0) {
    return "libfuse3-dev (and pkg-config) is not installed";
  }
  return undefined;
}

export async function compile(dir: string): Promise<Programs> {
  const flags = (await output("pkg-config", ["--cflags", "--libs", "fuse3"])).trim().split(/\s+/);
  const programs = {
    passthrough: join(dir, "passthrough"),
    passthroughDir: join(dir, "passthrough-dir"),
    reader: join(dir, "reader"),
    writer: join(dir, "writer"),
  };
  await output("gcc", ["-O2", "-pthread", join(FOLDER, "reader.c"), "-o", programs.reader]);
  await output("gcc", ["-O2", join(FOLDER, "writer.c"), "-o", programs.writer]);
  await output("gcc", ["-O2", join(FOLDER, "passthrough.c"), "-o", programs.passthrough, ...flags]);
  await output("gcc", ["-O2", join(FOLDER, "passthrough-dir.c"), "-o", programs.passthroughDir, ...flags]);
  return programs;
}

/** Reads a file with reader.c (or a program that prints the same). */
export async function reading(
  command: string,
  ...args: string[]
): Promise<{ bytes: number; reads: number; seconds: number }> {
  const [bytes = 0, reads = 0, seconds = Number.NaN] = (await output(command, args)).split(" ").map(Number);
  return { bytes, reads, seconds };
}

/** Only root may raise it; h5fs does so itself then. */
function raiseReadAhead(dir: string): void {
  if (process.getuid?.() === 0) {
    const device = statSync(dir).dev;
    writeFileSync(
      `/sys/class/bdi/0:${(device & 0xff) | ((device >>> 12) & 0xfff00)}/read_ahead_kb`,
      String(READ_AHEAD_KIB),
    );
  }
}

/** Runs `use` with the path of a file in a new mount of h5fs. */
export async function withH5fs<T>(
  file: string,
  name: string,
  use: (path: string) => Promise<T>,
  transport: TransportName = "kernel",
): Promise<T> {
  const mount = await mountFile(file, { transport });
  try {
    raiseReadAhead(mount.dir);
    return await use(join(mount.dir, name));
  } finally {
    await mount.unmount();
  }
}

/** Runs `use` with the folder of a new mount of a peer, which shows `source`. */
async function withPeer<T>(
  command: string,
  args: readonly string[],
  source: string,
  use: (dir: string) => Promise<T>,
): Promise<T> {
  return withTempDir(async (dir) => {
    const child = spawn(command, [...args, source, dir], { stdio: ["ignore", "ignore", "inherit"] });
    const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
    try {
      for (let i = 0; mountedType(dir) === undefined; i++) {
        if (i === 1000 || child.exitCode !== null) {
          throw new Error(`${command} ${args.join(" ")} did not mount`);
        }
        await sleep(10);
      }
      // The kernel holds this back until INIT is answered.
      await stat(dir);
      raiseReadAhead(dir);
      return await use(dir);
    } finally {
      child.kill("SIGTERM");
      await Promise.race([ended, sleep(5000, undefined, { ref: false })]);
      child.kill("SIGKILL");
      clearMount(dir);
    }
  });
}

export function withPassthrough<T>(programs: Programs, file: string, use: (path: string) => Promise<T>): Promise<T> {
  return withPeer(programs.passthrough, [], file, (dir) => use(join(dir, "data")));
}

/** Runs `use` with an empty folder as the pass-through shows it. */
export function withPassthroughDir<T>(programs: Programs, use: (dir: string) => Promise<T>): Promise<T> {
  return withTempDir((folder) => withPeer(programs.passthroughDir, [], folder, use));
}

export function withFuseNative<T>(file: string, use: (path: string) => Promise<T>): Promise<T> {
  return withPeer(process.execPath, [join(FOLDER, "fuse-native.mjs")], file, (dir) => use(join(dir, "data")));
}

/** Makes one of the data files of make_data.py. */
export async function makeData(python: string, kind: string, file: string): Promise<void> {
  await output(python, [join(FOLDER, "make_data.py"), kind, file], { timeout: 300_000 });
}

export function h5pyRead(python: string, file: string): Promise<{ bytes: number; seconds: number }> {
  return reading(python, join(FOLDER, "h5py_read.py"), file);
}
