/**
 * A thread that works in a folder of a mount until that dies; it says when it begins, and at the end what must be there: everything whose call has returned.
 * Or, where it has no number, one that reads what the others write until then, and tells of what was not whole.
 */
import * as fs from "node:fs";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { seededRandom } from "../storage/journal/cell-file.ts";
import { hashOf, type MountWriterReport, type MountWriterSetup, NPY, WHOLE } from "./mount-report.ts";

/** That are changed of a dataset: the last ones. */
const ELEMENTS = 500;

const { dir, seed, folder }: MountWriterSetup = workerData;
const random = seededRandom(seed);
const pick = (n: number): number => Math.floor(random() * n);

function bytesFor(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let i = 0, value = pick(2 ** 30); i < size; i++) {
    value = (value * 1_103_515_245 + 12_345) % 2 ** 31;
    bytes[i] = value >>> 16;
  }
  return bytes;
}

/** What the mount says when its daemon is gone. */
function isGone(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code !== "EIO") return code === "ENOTCONN" || code === "ECONNABORTED";
  // That is what a page has that could not be read.
  try {
    fs.statSync(dir);
    return false;
  } catch (cause) {
    return isGone(cause);
  }
}

function work(at: string): MountWriterReport {
  const files = new Map(fs.readdirSync(at).map((name) => [name, hashOf(fs.readFileSync(join(at, name)))]));
  parentPort?.postMessage("begun");
  let pending: MountWriterReport["pending"];
  let done = 0;
  const changes = [
    () => {
      const body = bytesFor(random() < 0.1 ? pick(400_000) : pick(9000));
      const bytes = Buffer.concat([Buffer.from(`${hashOf(body)}\n`), body]);
      const name = `${WHOLE} ${pick(12)}`;
      files.delete("new");
      pending = { name: "new", hash: hashOf(bytes) };
      fs.writeFileSync(join(at, "new"), bytes);
      files.set("new", hashOf(bytes));
      pending = { name, hash: hashOf(bytes) };
      // Of the two names one is there, whenever it happens.
      files.delete("new");
      fs.renameSync(join(at, "new"), join(at, name));
    },
    () => change("log", (old) => Buffer.concat([old, bytesFor(pick(100) + 1)]), "append"),
    () => change("place", (old) => overwritten(old, pick(60_000), bytesFor(pick(3000) + 1)), "write"),
    () => change(NPY, (old) => overwritten(old, old.length - 4 * (1 + pick(ELEMENTS)), bytesFor(4)), "write"),
    () => {
      const [name] = [...files.keys()].filter((each) => each.startsWith(WHOLE)).slice(pick(12));
      if (name === undefined) return;
      pending = { name, hash: undefined };
      fs.unlinkSync(join(at, name));
    },
  ];

  /** One write in a file, which is then closed. */
  function change(name: string, edit: (old: Buffer) => Buffer, how: "append" | "write"): void {
    const path = join(at, name);
    const old = files.has(name) ? fs.readFileSync(path) : Buffer.alloc(0);
    if (!files.has(name) && name === NPY) return;
    const bytes = edit(old);
    pending = { name, hash: hashOf(bytes) };
    if (how === "append") {
      fs.appendFileSync(path, bytes.subarray(old.length));
      return;
    }
    const from = bytes.findIndex((byte, i) => byte !== old[i]);
    const fd = fs.openSync(path, files.has(name) ? "r+" : "w");
    try {
      if (from >= 0) fs.writeSync(fd, bytes, from, bytes.length - from, from);
    } finally {
      fs.closeSync(fd);
    }
  }

  for (;;) {
    try {
      changes[pick(changes.length)]?.();
      if (pending?.hash === undefined) files.delete(pending?.name ?? "");
      else files.set(pending.name, pending.hash);
      pending = undefined;
      done++;
    } catch (error) {
      if (!isGone(error)) throw error;
      return { files, pending, done, torn: [] };
    }
  }
}

function overwritten(old: Buffer, at: number, bytes: Buffer): Buffer {
  const result = Buffer.alloc(Math.max(old.length, at + bytes.length));
  old.copy(result);
  bytes.copy(result, at);
  return result;
}

function read(): MountWriterReport {
  parentPort?.postMessage("begun");
  const torn: string[] = [];
  for (let done = 0; ; done++) {
    try {
      const folders = fs.readdirSync(dir);
      const at = join(dir, folders[pick(folders.length)] ?? "");
      const names = fs.readdirSync(at).filter((name) => name.startsWith(WHOLE));
      const path = join(at, names[pick(names.length)] ?? "");
      if (path === join(at, "")) continue;
      const bytes = fs.readFileSync(path);
      const end = bytes.indexOf("\n");
      if (bytes.subarray(0, end).toString() !== hashOf(bytes.subarray(end + 1))) torn.push(path);
    } catch (error) {
      if (isGone(error)) return { files: new Map(), pending: undefined, done, torn };
      // Another has removed it.
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
  }
}

parentPort?.postMessage(folder === undefined ? read() : work(join(dir, folder)));
