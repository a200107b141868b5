import * as fs from "node:fs";
import { join } from "node:path";
import { floatType } from "../../../src/object/datatypes.ts";
import { encodeNpyHeader } from "../../../src/view/npy.ts";

/** A call of the file system, by which two folders are compared: what it returns, or the name of its errno. */
export type Call = (root: string) => unknown;

/** Random numbers that a seed tells (mulberry32). */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** What becomes datasets, and what takes their names. */
const NAMES = [
  "a",
  "b",
  "c.txt",
  "d.csv",
  "d.npy",
  "d",
  "e.npy",
  "ü",
  "dir",
  "sub",
  "x y",
  "A".repeat(60),
  "A".repeat(256),
];

/** Names of files that become datasets, and what takes the datasets' own names. */
export const DATASET_NAMES = ["d.csv", "d.npy", "d", "e.csv", "e.npy", "e", "d.csv.bak"];

/** One random call and its name. */
export function randomCall(
  random: (below: number) => number,
  names: readonly string[] = NAMES,
): { readonly name: string; readonly call: Call } {
  const pick = <T>(values: readonly T[]): T => {
    const value = values[random(values.length)];
    if (value === undefined) throw new TypeError("nothing to pick from");
    return value;
  };
  const path = (): string => Array.from({ length: 1 + random(names === NAMES ? 3 : 2) }, () => pick(names)).join("/");
  const bytes = (): Buffer => {
    const kind = random(3);
    if (kind === 0) return Buffer.from(`n,text\n${`${random(1000)},some text\n`.repeat(random(200))}`);
    if (kind === 1) return array(Float64Array.from({ length: random(3000) }, () => random(1000)));
    const length = pick([0, 1, 100, 127, 129, 4095, 4097, 70_000, 200_000]);
    return Buffer.alloc(length, `${random(1000)}`);
  };
  const [p, q] = [path(), path()];
  const size = pick([0, 1, 100, 4096, 65_536, 100_000]);
  const data = bytes();
  const mode = random(0o1000);
  const at = (root: string, name = p): string => join(root, name);
  const calls: Record<string, Call> = {
    mkdir: (root) => fs.mkdirSync(at(root), 0o755),
    rmdir: (root) => fs.rmdirSync(at(root)),
    unlink: (root) => fs.unlinkSync(at(root)),
    write: (root) => fs.writeFileSync(at(root), data),
    append: (root) => fs.appendFileSync(at(root), data),
    create: (root) => fs.closeSync(fs.openSync(at(root), "wx", 0o600)),
    patch: (root) => withFile(at(root), "r+", (fd) => fs.writeSync(fd, data, 0, data.length, size)),
    truncate: (root) => fs.truncateSync(at(root), size),
    unlinkedButOpen: (root) =>
      withFile(at(root), "r+", (fd) => {
        fs.unlinkSync(at(root));
        fs.writeSync(fd, data, 0, data.length, size);
        const { nlink, size: length } = fs.fstatSync(fd);
        return [nlink, length];
      }),
    rename: (root) => fs.renameSync(at(root), at(root, q)),
    // A symlink in a mount has one name.
    link: (root) => fs.lstatSync(at(root)).isSymbolicLink() || fs.linkSync(at(root), at(root, q)),
    symlink: (root) => fs.symlinkSync(q, at(root)),
    chmod: (root) => fs.chmodSync(at(root), mode),
    utimes: (root) => fs.lutimesSync(at(root), 1_000_000_000.5, 1_111_111_111.25),
    read: (root) => digest(fs.readFileSync(at(root))),
    list: (root) => fs.readdirSync(at(root)).sort(),
    stat: (root) => facts(fs.lstatSync(at(root))),
  };
  const name = pick(Object.keys(calls));
  const call = calls[name];
  if (call === undefined) throw new TypeError("a call has a name");
  return { name: `${name} ${p} ${q}`, call };
}

/** A NumPy file. */
function array(values: Float64Array): Buffer {
  return Buffer.concat([encodeNpyHeader(floatType(8), [values.length]), new Uint8Array(values.buffer)]);
}

/** What a call comes to. */
export function outcome(call: Call, root: string): unknown {
  try {
    return call(root);
  } catch (error) {
    if (error instanceof Error && "code" in error) return error.code;
    throw error;
  }
}

/** Everything in a folder: names, types, permissions, links, contents. */
export function contents(root: string, path = ""): unknown[] {
  return fs
    .readdirSync(join(root, path))
    .sort()
    .flatMap((name) => {
      const at = join(path, name);
      const stat = fs.lstatSync(join(root, at));
      const what = stat.isFile()
        ? digest(fs.readFileSync(join(root, at)))
        : stat.isSymbolicLink()
          ? fs.readlinkSync(join(root, at))
          : "";
      return [[at, facts(stat), what], ...(stat.isDirectory() ? contents(root, at) : [])];
    });
}

function facts(stat: fs.Stats): unknown[] {
  const size = stat.isDirectory() ? 0 : stat.size;
  const mtime = stat.mtimeMs === 1_111_111_111_250 ? stat.mtimeMs : 0;
  return [stat.mode, size, stat.nlink, stat.uid, stat.gid, mtime];
}

function digest(bytes: Buffer): string {
  return `${bytes.length}:${bytes.toString("base64").slice(0, 40)}:${bytes.reduce((sum, byte, i) => (sum * 31 + byte * (i + 1)) % 4_294_967_291, 7)}`;
}

function withFile<T>(path: string, flags: string, use: (fd: number) => T): T {
  const fd = fs.openSync(path, flags);
  try {
    return use(fd);
  } finally {
    fs.closeSync(fd);
  }
}
