import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Context } from "mocha";
import { H5FS, mountFile } from "../support/mount.ts";
import { needMount } from "../support/need-mount.ts";
import { notRun } from "../support/not-run.ts";
import { python } from "../support/python.ts";
import { hasCommand, output, run } from "../support/run.ts";
import { removeTempDir, tempDir } from "../support/temp-dir.ts";

/** A Python program that lies beside these tests. */
export function script(name: string): string {
  return fileURLToPath(new URL(`../../../test/tools/${name}`, import.meta.url));
}

/** The Python that has h5py, PyTables, pandas and DuckDB. Ends the test where there is none. */
export function pythonOf(context: Context): string {
  return (
    python() ??
    notRun(context, "no Python with h5py and PyTables; run scripts/oracles --install-only, or set H5FS_PYTHON")
  );
}

/** Ends the test where a command is missing. */
export async function need(context: Context, ...commands: readonly string[]): Promise<void> {
  for (const command of commands) if (!(await hasCommand(command))) notRun(context, `${command} is not installed`);
}

/** Does the same in a folder of a mounted file, and in a plain one: `at` is the folder. */
export type Work = (at: string) => Promise<void>;

/** A mounted HDF5 file beside a plain folder in which the same is done. */
export class Beside {
  readonly #directory: string;
  readonly #python: string;
  readonly #libver: string;

  constructor(context: Context, libver: string) {
    needMount(context, "kernel");
    this.#python = pythonOf(context);
    this.#libver = libver;
    this.#directory = tempDir();
    mkdirSync(this.plain);
  }

  get plain(): string {
    return join(this.#directory, "plain");
  }

  get #file(): string {
    return join(this.#directory, "file.h5");
  }

  /**
   * Works in both; then both are the same, also at the next mount, h5fs finds the file sound, and h5py and PyTables read the same from it.
   * @returns what the daemon has logged
   */
  async compare(work: Work, inMount: Work = work): Promise<string> {
    await output(process.execPath, [H5FS, "create", "--libver", this.#libver, this.#file]);
    await work(this.plain);
    let log = "";
    await this.#mounted(async (at, said) => {
      await inMount(at);
      await this.#same(at);
      log = said();
    });
    await this.#mounted((at) => this.#same(at));
    assert.match(await output(process.execPath, [H5FS, "check", this.#file]), /no damage found/);
    await output(this.#python, [script("read_back.py"), this.#file, this.plain]);
    return log;
  }

  remove(): void {
    removeTempDir(this.#directory);
  }

  async #mounted(use: (at: string, said: () => string) => Promise<void>): Promise<void> {
    const mount = await mountFile(this.#file, { transport: "kernel", options: ["mode=r+"] });
    try {
      await use(mount.dir, mount.log);
    } finally {
      await mount.unmount();
    }
    assert.equal(mount.log().includes("defect"), false, mount.log());
  }

  async #same(at: string): Promise<void> {
    const { stdout, stderr } = await run("diff", ["-r", "--no-dereference", this.plain, at]);
    assert.equal(stdout.toString() + stderr, "");
  }
}

/** Runs a shell script in a folder; any command that fails fails it. */
export async function shell(at: string, text: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  return output("bash", ["-euc", text], { cwd: at, env: { ...process.env, ...env }, timeout: 100_000 });
}
