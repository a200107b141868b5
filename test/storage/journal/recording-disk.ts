import { ftruncateSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { DiskDirectory, DiskFile, FileIdentity } from "../../../src/storage/journal/disk.ts";
import { SECTOR } from "../../../src/storage/journal/superblock-sector.ts";

/** One call that changes what a disk has. */
type Step =
  | { readonly kind: "write"; readonly inode: number; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: "truncate"; readonly inode: number; readonly size: number }
  /** What was written before step `began` is durable. */
  | { readonly kind: "sync"; readonly inode: number; readonly began: number }
  | { readonly kind: "create"; readonly name: string; readonly inode: number }
  | { readonly kind: "rename"; readonly name: string; readonly to: string }
  | { readonly kind: "remove"; readonly name: string }
  | { readonly kind: "sync-directory" };

/** Names, and what files hold, by inode. */
export interface DiskState {
  readonly names: Map<string, number>;
  readonly files: Map<number, Uint8Array>;
}

/** A directory in memory that remembers every call, so that it can be looked at as a crash at any moment would leave it. */
export class RecordingDisk implements DiskDirectory {
  readonly steps: Step[] = [];
  readonly #state: DiskState;
  readonly #initial: DiskState;
  #nextInode: number;
  #clock = 0n;
  readonly #modified = new Map<number, bigint>();
  /** Bytes that all files together may have. */
  capacity = Number.POSITIVE_INFINITY;
  /** Thrown by the next call that writes to the file of that name, at that offset. */
  writeFailure: { readonly name: string; readonly offset: number; readonly error: Error } | undefined;
  /** Thrown by the next calls of `sync`. */
  syncFailure: Error | undefined;

  readonly #mirror: string | undefined;
  readonly #descriptors = new Map<number, number>();

  /** @param mirror a folder where the files are, too, for those who read by descriptor */
  constructor(initial: DiskState, mirror?: string) {
    this.#initial = copyState(initial);
    this.#state = copyState(initial);
    this.#nextInode = Math.max(0, ...initial.files.keys()) + 1;
    this.#mirror = mirror;
  }

  static of(name: string, bytes: Uint8Array, mirror?: string): RecordingDisk {
    return new RecordingDisk({ names: new Map([[name, 1]]), files: new Map([[1, bytes]]) }, mirror);
  }

  open(name: string): DiskFile | undefined {
    const inode = this.#state.names.get(name);
    return inode === undefined ? undefined : this.#file(name, inode);
  }

  create(name: string): DiskFile {
    if (this.#state.names.has(name)) throw systemError("EEXIST");
    const inode = this.#nextInode++;
    this.#do({ kind: "create", name, inode });
    return this.#file(name, inode);
  }

  rename(name: string, to: string): void {
    this.#do({ kind: "rename", name, to });
  }

  remove(name: string): void {
    this.#do({ kind: "remove", name });
  }

  sync(): void {
    this.#do({ kind: "sync-directory" });
  }

  content(name: string): Uint8Array | undefined {
    return this.#state.files.get(this.#state.names.get(name) ?? -1);
  }

  names(): string[] {
    return [...this.#state.names.keys()];
  }

  /** As a killed program leaves the disk after 0, 1, 2... steps. */
  *killedAtEach(): Generator<DiskState> {
    const state = copyState(this.#initial);
    yield copyState(state);
    for (const step of this.steps) {
      apply(state, step);
      yield copyState(state);
    }
  }

  /** As a killed program leaves the disk after the first `count` steps. */
  killed(count: number): DiskState {
    const state = copyState(this.#initial);
    for (const step of this.steps.slice(0, count)) apply(state, step);
    return state;
  }

  /** As a power cut may leave it: what was not synced is there or not, sector by sector, as `keep` says. */
  cut(count: number, keep: () => boolean): DiskState {
    const state = copyState(this.#initial);
    const steps = this.steps.slice(0, count);
    const syncs = new Map<number, number>();
    let directory = -1;
    for (const [i, step] of steps.entries()) {
      if (step.kind === "sync") syncs.set(step.inode, Math.max(step.began, syncs.get(step.inode) ?? -1));
      if (step.kind === "sync-directory") directory = i;
    }
    for (const [i, step] of steps.entries()) {
      switch (step.kind) {
        case "write":
          if (i < (syncs.get(step.inode) ?? -1)) apply(state, step);
          else for (const sector of sectors(step)) if (keep()) apply(state, sector);
          break;
        case "truncate":
          if (i < (syncs.get(step.inode) ?? -1) || keep()) apply(state, step);
          break;
        case "create":
        case "rename":
        case "remove":
          if (i < directory || keep()) apply(state, step);
          else if (step.kind === "create") state.files.set(step.inode, new Uint8Array(0));
          break;
        default:
      }
    }
    return state;
  }

  /** A sync that takes its time: what is written before it ends may be durable or not. @returns what ends it */
  beginSync(name: string): () => void {
    const inode = this.#state.names.get(name);
    if (inode === undefined) throw systemError("ENOENT");
    const began = this.steps.length;
    return () => {
      if (this.syncFailure !== undefined) throw this.syncFailure;
      this.#do({ kind: "sync", inode, began });
    };
  }

  #file(name: string, inode: number): DiskFile {
    const bytes = (): Uint8Array => this.#state.files.get(inode) ?? new Uint8Array(0);
    return {
      name,
      fd: this.#descriptor(inode),
      identity: (): FileIdentity => ({
        device: 1,
        inode,
        size: bytes().length,
        modified: this.#modified.get(inode) ?? 0n,
      }),
      size: () => bytes().length,
      read: (target, offset) => {
        if (offset + target.length > bytes().length) throw systemError("EIO");
        target.set(bytes().subarray(offset, offset + target.length));
      },
      write: (parts, offset) => {
        const failure = this.writeFailure;
        if (failure?.name === name && failure.offset === offset) {
          this.writeFailure = undefined;
          throw failure.error;
        }
        const whole = new Uint8Array(Buffer.concat(parts));
        this.#demand(inode, offset + whole.length);
        this.#do({ kind: "write", inode, offset, bytes: whole });
      },
      truncate: (size) => this.#do({ kind: "truncate", inode, size }),
      sync: () => {
        if (this.syncFailure !== undefined) throw this.syncFailure;
        this.#do({ kind: "sync", inode, began: this.steps.length });
      },
      settle: () => this.#do({ kind: "sync", inode, began: this.steps.length }),
      reserve: (offset, length) => this.#demand(inode, offset + length),
      punch: (offset, length) => {
        this.#do({ kind: "write", inode, offset, bytes: new Uint8Array(length) });
        return true;
      },
      close: () => undefined,
    };
  }

  #descriptor(inode: number): number {
    if (this.#mirror === undefined) return -1;
    let fd = this.#descriptors.get(inode);
    if (fd === undefined) {
      fd = openSync(join(this.#mirror, `${inode}`), "w+");
      writeSync(fd, this.#state.files.get(inode) ?? new Uint8Array(0), 0, undefined, 0);
      this.#descriptors.set(inode, fd);
    }
    return fd;
  }

  #demand(inode: number, size: number): void {
    let sum = 0;
    for (const [i, { length }] of this.#state.files) sum += i === inode ? Math.max(size, length) : length;
    if (sum > this.capacity) throw systemError("ENOSPC");
  }

  #do(step: Step): void {
    this.steps.push(step);
    apply(this.#state, step);
    if (step.kind !== "write" && step.kind !== "truncate") return;
    this.#modified.set(step.inode, ++this.#clock);
    const fd = this.#descriptors.get(step.inode);
    if (fd === undefined) return;
    if (step.kind === "truncate") ftruncateSync(fd, step.size);
    else writeSync(fd, step.bytes, 0, undefined, step.offset);
  }
}

function* sectors(step: Step & { kind: "write" }): Generator<Step> {
  for (let at = 0; at < step.bytes.length; ) {
    const n = Math.min(step.bytes.length - at, SECTOR - ((step.offset + at) % SECTOR));
    yield { ...step, offset: step.offset + at, bytes: step.bytes.subarray(at, at + n) };
    at += n;
  }
}

function apply(state: DiskState, step: Step): void {
  switch (step.kind) {
    case "write": {
      const old = state.files.get(step.inode) ?? new Uint8Array(0);
      const length = Math.max(old.length, step.offset + step.bytes.length);
      const bytes = length === old.length ? old : resized(old, length);
      bytes.set(step.bytes, step.offset);
      state.files.set(step.inode, bytes);
      return;
    }
    case "truncate":
      state.files.set(step.inode, resized(state.files.get(step.inode) ?? new Uint8Array(0), step.size));
      return;
    case "create":
      state.names.set(step.name, step.inode);
      state.files.set(step.inode, new Uint8Array(0));
      return;
    case "rename": {
      const inode = state.names.get(step.name);
      if (inode === undefined) return;
      state.names.delete(step.name);
      state.names.set(step.to, inode);
      return;
    }
    case "remove":
      state.names.delete(step.name);
      return;
    default:
  }
}

function resized(bytes: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  out.set(bytes.subarray(0, length));
  return out;
}

function copyState({ names, files }: DiskState): DiskState {
  return {
    names: new Map(names),
    files: new Map([...files].map(([inode, bytes]) => [inode, new Uint8Array(bytes)])),
  };
}

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made up by a test`), { code });
}
