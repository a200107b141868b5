import { readFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { mountFile } from "../../test/support/mount.ts";
import { output } from "../../test/support/run.ts";
import { data, type Setting } from "./benchmarks.ts";
import { interleave, printTable } from "./measure.ts";

/** Runs `use` in a new mount of `file`; gives what it gives. */
async function inNewMount<T>(file: string, use: (dir: string, pid: number) => Promise<T>): Promise<T> {
  const mount = await mountFile(file);
  try {
    return await use(mount.dir, mount.pid);
  } finally {
    await mount.unmount();
  }
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}

function residentMib(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

const list = (dir: string): Promise<string> => output("ls", ["-lR", dir], { timeout: 300_000 });

/** `ls -lR` of 20,000 small objects in a new mount; `h5ls -r` of the file itself. */
export async function listing(setting: Setting): Promise<void> {
  for (const kind of ["datasets", "tables"]) {
    const file = await data(setting, kind);
    const results = await interleave(
      [
        { name: "h5fs, ls -lR", trial: () => inNewMount(file, (dir) => milliseconds(() => list(dir))) },
        { name: "h5ls -r", trial: () => milliseconds(() => output("h5ls", ["-r", file], { timeout: 300_000 })) },
      ],
      setting.rounds,
    );
    printTable(`listing: 20,000 ${kind} of 20 elements`, "ms", results);
  }
}

/** The daemon's memory after `ls -lR` of 100,000 objects. */
export async function memory(setting: Setting): Promise<void> {
  const resident = async (kind: string) => {
    const file = await data(setting, kind);
    return inNewMount(file, async (dir, pid) => {
      await list(dir);
      return residentMib(pid);
    });
  };
  const results = await interleave(
    [
      { name: "100,000 objects", trial: () => resident("large") },
      { name: "12 objects", trial: () => resident("small") },
    ],
    setting.rounds,
  );
  printTable("memory: resident after ls -lR", "MiB", results);
}

/** The first look-up in a group of a million links, in a new mount; h5py opens the file and the same name. */
export async function lookup(setting: Setting): Promise<void> {
  for (const kind of ["dense", "symbol-table"]) {
    const file = await data(setting, kind);
    const open = `import h5py,sys,time
f = h5py.File(sys.argv[1], "r"); g = f["g"]; t = time.perf_counter(); g["name0543210"]; print((time.perf_counter() - t) * 1e3)`;
    const results = await interleave(
      [
        {
          name: "h5fs, stat(2)",
          trial: () =>
            inNewMount(file, async (dir) =>
              Number(
                await output(setting.python, [
                  "-c",
                  `import os,sys,time
os.stat(sys.argv[1]); t = time.perf_counter(); os.stat(sys.argv[1] + "/name0543210.npy"); print((time.perf_counter() - t) * 1e3)`,
                  join(dir, "g"),
                ]),
              ),
            ),
        },
        { name: "h5py in process", trial: async () => Number(await output(setting.python, ["-c", open, file])) },
      ],
      setting.rounds,
    );
    printTable(`lookup: one name among a million links, ${kind}`, "ms", results);
  }
}
