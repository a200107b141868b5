import { readFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { H5FS, mountFile } from "../../test/support/mount.ts";
import { output } from "../../test/support/run.ts";
import { withTempDir } from "../../test/support/temp-dir.ts";
import { type Contestant, interleave, printTable } from "./measure.ts";
import { h5pyRead, makeData, type Programs, reading, withFuseNative, withH5fs, withPassthrough } from "./peers.ts";
import { benchText } from "./text.ts";

export interface Setting {
  readonly python: string;
  readonly programs: Programs;
  /** Folder for data, removed at the end. */
  readonly dir: string;
  readonly rounds: number;
}

const MIB = 1 << 20;
const RANDOM_READERS = 16;
const RANDOM_SECONDS = 2;

/** A file that is made when it is first asked for. */
const made = new Set<string>();
export async function data(setting: Setting, kind: string): Promise<string> {
  const file = join(setting.dir, `${kind}.h5`);
  if (!made.has(file)) {
    await makeData(setting.python, kind, file);
    made.add(file);
  }
  return file;
}

/** Reading 1 GiB from start to end through a new mount; the file below is in the page cache. */
export async function sequential(setting: Setting): Promise<void> {
  const file = await data(setting, "contiguous");
  const { reader } = setting.programs;
  await reading(reader, "seq", file, String(MIB));
  for (const mode of [[], ["direct"]]) {
    const read = async (path: string) => {
      const { bytes, seconds } = await reading(reader, "seq", path, String(MIB), ...mode);
      return bytes / MIB / seconds;
    };
    const results = await interleave(
      [
        { name: "h5fs", trial: () => withH5fs(file, "x.npy", read) },
        { name: "C, libfuse 3", trial: () => withPassthrough(setting.programs, file, read) },
        { name: "h5fs, transport=libfuse", trial: () => withH5fs(file, "x.npy", read, "libfuse") },
        { name: "fuse-native alone", trial: () => withFuseNative(file, read) },
        { name: "the file itself", trial: () => read(file) },
      ],
      setting.rounds,
    );
    printTable(`sequential: 1 GiB contiguous dataset, ${mode[0] ?? "buffered"}, blocks of 1 MiB`, "MiB/s", results);
  }
}

/** 16 readers, each at random places, 4 KiB, past the kernel's cache. */
export async function random(setting: Setting): Promise<void> {
  const file = await data(setting, "contiguous");
  const { reader } = setting.programs;
  await reading(reader, "seq", file, String(MIB));
  for (const readers of [RANDOM_READERS, 1]) {
    const read = async (path: string) => {
      const { reads, seconds } = await reading(
        reader,
        "rand",
        path,
        "4096",
        String(readers),
        String(RANDOM_SECONDS),
        "direct",
      );
      return reads / seconds;
    };
    const results = await interleave(
      [
        { name: "h5fs", trial: () => withH5fs(file, "x.npy", read) },
        { name: "h5fs, transport=libfuse", trial: () => withH5fs(file, "x.npy", read, "libfuse") },
        { name: "fuse-native alone", trial: () => withFuseNative(file, read) },
        { name: "C, libfuse 3", trial: () => withPassthrough(setting.programs, file, read) },
      ],
      setting.rounds,
    );
    printTable(`random: 4 KiB direct reads, ${readers} reader${readers === 1 ? "" : "s"}`, "reads/s", results);
  }
}

/** Time from the command to its return with the mount there, and the daemon's memory when idle. */
export async function mounting(setting: Setting): Promise<void> {
  const files = { small: await data(setting, "small"), large: await data(setting, "large") };
  const start = async (file: string) => {
    return await withTempDir(async (dir) => {
      const before = performance.now();
      await output(process.execPath, [H5FS, file, dir]);
      const milliseconds = performance.now() - before;
      await output(process.execPath, [H5FS, "umount", dir]);
      return milliseconds;
    });
  };
  const residentMib = async (file: string) => {
    const mount = await mountFile(file);
    try {
      await output("ls", [mount.dir]);
      const status = readFileSync(`/proc/${mount.pid}/status`, "utf8");
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
    } finally {
      await mount.unmount();
    }
  };
  const contestants = (trial: (file: string) => Promise<number>): Contestant[] => [
    { name: "10 GiB, 100,000 objects", trial: () => trial(files.large) },
    { name: "12 objects", trial: () => trial(files.small) },
  ];
  printTable("mounting: until the command returns", "ms", await interleave(contestants(start), setting.rounds));
  printTable("idle: resident memory after one ls", "MiB", await interleave(contestants(residentMib), setting.rounds));
}

/** A shuffled and deflated dataset read whole: through a new mount, and by h5py in its own process. */
export async function chunked(setting: Setting): Promise<void> {
  const file = await data(setting, "chunked");
  const { reader } = setting.programs;
  const read = async (path: string) => {
    const { bytes, seconds } = await reading(reader, "seq", path, String(MIB));
    return bytes / MIB / seconds;
  };
  const results = await interleave(
    [
      { name: "h5fs", trial: () => withH5fs(file, "x.npy", read) },
      {
        name: "h5py in process",
        trial: async () => {
          const { bytes, seconds } = await h5pyRead(setting.python, file);
          return bytes / MIB / seconds;
        },
      },
    ],
    setting.rounds,
  );
  printTable("chunked: 128 MiB float32, chunks of 1 MiB, shuffle + deflate", "MiB/s", results);
}

/** Text views against pandas and NumPy. */
export async function text(setting: Setting): Promise<void> {
  await benchText(await data(setting, "text"), setting.python, setting.programs.reader, setting.rounds);
}
