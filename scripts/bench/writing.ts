import { copyFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { H5FS, mountFile } from "../../test/support/mount.ts";
import { output } from "../../test/support/run.ts";
import { withTempDir } from "../../test/support/temp-dir.ts";
import { data, type Setting } from "./benchmarks.ts";
import { type Contestant, interleave, printTable } from "./measure.ts";
import { FOLDER, reading, withPassthroughDir } from "./peers.ts";

const MIB = 2 ** 20;
const WAIT = { timeout: 600_000 };

/** Runs `use` with the folder of a new HDF5 file that is mounted to be written. */
function withNewFile<T>(libver: string, use: (dir: string, file: string) => Promise<T>): Promise<T> {
  return withTempDir(async (folder) => {
    const file = join(folder, "file.h5");
    await output(process.execPath, [H5FS, "create", "--libver", libver, file]);
    return withWritable(file, (dir) => use(dir, file));
  });
}

async function withWritable<T>(file: string, use: (dir: string) => Promise<T>): Promise<T> {
  const mount = await mountFile(file, { transport: "kernel", options: ["mode=r+"] });
  try {
    return await use(mount.dir);
  } finally {
    await mount.unmount();
  }
}

/** The same in a new file that is mounted, and in a folder behind C's pass-through. */
async function compare(
  { programs, rounds }: Setting,
  title: string,
  unit: string,
  trial: (dir: string) => Promise<number>,
) {
  const contestants: Contestant[] = [
    { name: "h5fs", trial: () => withNewFile("v18", trial) },
    { name: "C, libfuse 3", trial: () => withPassthroughDir(programs, trial) },
  ];
  printTable(`writing: ${title}`, unit, await interleave(contestants, rounds));
}

async function seconds(command: string, args: readonly string[]): Promise<number> {
  const before = performance.now();
  await output(command, args, WAIT);
  return (performance.now() - before) / 1000;
}

/** Files in a mount: large ones, small ones, random places, lines. */
export async function writing(setting: Setting): Promise<void> {
  const { writer } = setting.programs;
  const gib = join(setting.dir, "gib");
  const part = join(setting.dir, "part");
  await output("sh", ["-c", `head -c ${1024 * MIB} /dev/urandom > ${gib}; head -c ${64 * MIB} ${gib} > ${part}`], WAIT);
  await compare(setting, "cp of 1 GiB into a file", "MiB/s", async (dir) => {
    await touchMemory(setting.dir, gib);
    return 1024 / (await seconds("cp", [gib, dir]));
  });
  await compare(setting, "4 KiB at random places of a file of 64 MiB", "writes/s", async (dir) => {
    await output("cp", [part, dir], WAIT);
    const { reads: writes, seconds: time } = await reading(writer, "rand", join(dir, "part"), "4096", "2");
    return writes / time;
  });
  for (const [title, count] of [
    ["a line appended by >>, the file opened for each, 30,000 times", "30000"],
    ["the same, the first 3,000 times", "3000"],
  ] as const) {
    await compare(setting, title, "lines/s", async (dir) => {
      const { reads: writes, seconds: time } = await reading(writer, "append", join(dir, "log"), count);
      return writes / time;
    });
  }
  const archive = smallFiles(setting.dir);
  await output("tar", ["cf", archive, "-C", setting.dir, "tree"], WAIT);
  await compare(setting, "tar x of 10,000 files of 100 bytes to 8 KiB", "files/s", async (dir) => {
    return 10_000 / (await seconds("tar", ["xf", archive, "-C", dir]));
  });
}

/**
 * Memory that a virtual machine has not used for some seconds may be its host's again: what is written into it then waits for that. So both contestants get
 * memory that has just been used.
 */
async function touchMemory(dir: string, file: string): Promise<void> {
  const copies = [join(dir, "copy1"), join(dir, "copy2")];
  for (const copy of copies) await output("cp", [file, copy], WAIT);
  await output("rm", copies, WAIT);
}

/** @returns where an archive of them is to be */
function smallFiles(dir: string): string {
  const sizes = [100, 300, 1000, 2000, 4000, 8000];
  for (let d = 0; d < 100; d++) {
    const folder = join(dir, `tree/d${d}`);
    mkdirSync(folder, { recursive: true });
    for (let i = 0; i < 100; i++)
      writeFileSync(join(folder, `f${i}.c`), "x".repeat(sizes[(d + i) % sizes.length] ?? 0));
  }
  return join(dir, "tree.tar");
}

/** An array copied over a dataset that is shuffled and deflated; h5py does it in its own process. */
export async function replacing(setting: Setting): Promise<void> {
  const source = await data(setting, "chunked");
  const file = join(setting.dir, "replaced.h5");
  const npy = join(setting.dir, "new.npy");
  copyFileSync(source, file);
  const mount = await mountFile(source);
  try {
    copyFileSync(join(mount.dir, "x.npy"), npy);
  } finally {
    await mount.unmount();
  }
  const mib = statSync(npy).size / MIB;
  const results = await interleave(
    [
      {
        name: "h5fs, cp x.npy",
        trial: () => withWritable(file, async (dir) => mib / (await seconds("cp", [npy, join(dir, "x.npy")]))),
      },
      {
        name: "h5py in process",
        trial: async () => {
          const { bytes, seconds: time } = await reading(setting.python, join(FOLDER, "h5py_write.py"), file, npy);
          return bytes / MIB / time;
        },
      },
    ],
    setting.rounds,
  );
  printTable("writing: 128 MiB float32 over a dataset, chunks of 1 MiB, shuffle + deflate", "MiB/s", results);
}

/** What a small file adds to the HDF5 file. */
export async function space(setting: Setting): Promise<void> {
  const count = 500;
  const added = (libver: string) => () =>
    withTempDir(async (folder) => {
      const file = join(folder, "file.h5");
      await output(process.execPath, [H5FS, "create", "--libver", libver, file]);
      const before = statSync(file).size;
      await withWritable(file, async (dir) => {
        mkdirSync(join(dir, "d"));
        for (let i = 0; i < count; i++) writeFileSync(join(dir, `d/file${i}.txt`), "x".repeat(100));
        if (readdirSync(join(dir, "d")).length !== count) throw new Error("files are missing");
      });
      return (statSync(file).size - before) / count;
    });
  const results = await interleave(
    ["v110", "v18", "earliest"].map((libver) => ({ name: `libver ${libver}`, trial: added(libver) })),
    Math.min(setting.rounds, 1),
  );
  printTable("space: what a file of 100 bytes adds", "bytes", results);
}
