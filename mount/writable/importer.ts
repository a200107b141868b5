import { LRUCache } from "lru-cache";
import { H5Error } from "../../src/errors.ts";
import type { FileNode, Node } from "../../src/tree/node.ts";
import { posixMetadata, type Timestamp } from "../../src/tree/posix-metadata.ts";
import { needsNameRecord } from "../../src/tree/shown-name.ts";
import type { Tree } from "../../src/tree/tree.ts";
import { decodeTextIndex, type TextIndex } from "../../src/view/text-index.ts";
import type { ViewName } from "../../src/view/view.ts";
import { describeDefect, Errno, ErrnoError, NotYet } from "../errno.ts";
import type { ImportDone, ImportWork } from "../job.ts";
import type { NodeTable } from "../node-table.ts";
import { ImportJob, type ImportName, type JobState, type LinkedFile } from "./import-job.ts";
import { IMPORT_VIEWS } from "./import-plan.ts";
import type { LiveFile } from "./live-file.ts";
import type { MovedNodes } from "./moved-nodes.ts";
import { type FilePlace, isBare, linkOf } from "./names.ts";
import type { NewFileSettings } from "./new-file-storage.ts";
import type { OpenFile } from "./open-file.ts";
import type { OpenFiles } from "./open-files.ts";
import type { PendingImport, PendingImports } from "./pending-imports.ts";

export interface ImporterSetup {
  readonly live: LiveFile;
  readonly tree: Tree;
  readonly nodes: NodeTable;
  readonly files: OpenFiles;
  readonly moved: MovedNodes;
  readonly newFiles: NewFileSettings;
  /** Which files become datasets, by the ends of their names. */
  readonly imports: readonly ViewName[];
  /** Which files wait, for the next mount. */
  readonly pending: PendingImports;
  /** Is given what a person should know of, a line at a time. */
  log(line: string): void;
  /** Gives a worker something to do. */
  post(work: ImportWork): void;
  /** Where the blocks of a text are is known from now on. */
  measured(node: FileNode, index: TextIndex): void;
}

interface Waiting extends LinkedFile {
  /** When to begin, as `performance.now()` has it. */
  readonly from: number;
}

interface CurrentJob {
  readonly file: Waiting;
  readonly job: ImportJob;
  readonly since: number;
  /** Milliseconds after which it is told how far it is. */
  telling: number;
}

/** Files of more bytes are read and parsed by a worker. */
const LARGE = 2 ** 18;

/** What takes longer is told of in the log, again when it has taken twice as long, in milliseconds. */
const LONG = 10_000;

/** By which a file is turned that was not asked for, or would be shown as other bytes. */
export const IMPORT_ATTRIBUTE = "user.h5fs.import";

/** So many milliseconds after it was written last, a file is looked at: it may be written on, or renamed. */
const DELAY = 500;

/** For so many milliseconds the end of a mount waits for files to become datasets. */
const PATIENCE = 3000;

/** Files of which it is remembered why they are none. */
const MAX_PROBLEMS = 10_000;

interface Problem {
  readonly time: Timestamp | undefined;
  readonly text: string;
}

/**
 * Turns files into datasets when nobody uses them: those that are called so, have one name, and will read back byte for byte as
 * they were written. One at a time, a slice of work between two requests.
 */
export class Importer {
  readonly #setup: ImporterSetup;
  /** By address, in the order in which they will be ready. */
  readonly #waiting = new Map<number, Waiting>();
  /** Addresses of files that somebody had open when they were to be looked at. */
  readonly #held = new Set<number>();
  readonly #problems = new LRUCache<number, Problem>({ max: MAX_PROBLEMS });
  /** Those that an earlier mount has left, the last of them first. */
  readonly #left: PendingImport[];
  #job: CurrentJob | undefined;
  #nextId = 1;
  #isEnding = false;

  constructor(setup: ImporterSetup) {
    this.#setup = setup;
    this.#left = setup.pending.recall().toReversed();
    if (setup.imports.length > 0) return;
    // Who mounts it so wants those that there are to stay files, too.
    this.#left.length = 0;
    setup.pending.forget();
  }

  /** Whether that may become a dataset, which may then be changed by another view of it. */
  mayTurn(node: Node): boolean {
    if (node.kind !== "file") return false;
    return this.#nameOf(node.path.slice(node.path.lastIndexOf("/") + 1)) !== undefined;
  }

  /** The file was written, or got that name: it is looked at later. */
  #consider(node: FileNode, delay = DELAY): void {
    if (!this.mayTurn(node) || node.file !== this.#setup.live.file || !isBare(node)) return;
    const place = linkOf(this.#setup.tree, node);
    if (place === undefined) return;
    const linked = this.#linked(node, place);
    this.#problems.delete(linked.address);
    // What it has been made into is not what is there now.
    if (this.#job?.file.address === linked.address) this.#drop();
    this.#waiting.delete(linked.address);
    this.#waiting.set(linked.address, { ...linked, from: performance.now() + delay });
    this.#setup.pending.add(linked);
  }

  /** Takes up one that an earlier mount has left, if it is still there. */
  #takeUp({ address, path }: PendingImport): void {
    if (this.#waiting.has(address)) return;
    const node = this.#found(path);
    if (node?.kind === "file" && node.address === address) this.#consider(node, 0);
    if (!this.#waiting.has(address)) this.#setup.pending.remove(address);
  }

  #found(path: string): Node | undefined {
    try {
      return this.#setup.tree.resolve(path);
    } catch (error) {
      // The folder that it was in cannot be read.
      if (error instanceof H5Error) return undefined;
      throw error;
    }
  }

  /** Somebody has closed the file: what was written, and nobody has open any more, is looked at. @param node as it is called now */
  closed(file: OpenFile, node: Node | undefined): void {
    if (file.handles > 0 || node?.kind !== "file" || node.key !== file.node.key) return;
    if (this.#held.delete(node.address) || file.isChanged) this.#consider(node);
  }

  /** It has another name, which is as good as other bytes. */
  renamed(node: Node | undefined): void {
    if (node?.kind !== "file") return;
    const open = this.#setup.files.get(node);
    if (open === undefined) this.#consider(node);
    else open.isChanged = true;
  }

  /** Milliseconds until `work` is to be called; `undefined`: there is nothing to be done. */
  get due(): number | undefined {
    // A change would wait for the checkpoint.
    if (this.#setup.live.isHeld) return undefined;
    if (this.#job !== undefined) return this.#job.job.isReady ? 0 : undefined;
    for (const { from } of this.#waiting.values()) return Math.max(0, from - performance.now());
    return this.#left.length > 0 ? 0 : undefined;
  }

  /** Does some milliseconds of work. */
  work(): void {
    const current = this.#job ?? this.#next();
    if (current === undefined) return;
    this.#job = current;
    const state = this.#isHeld(current.file) ? ({ kind: "changed" } as const) : this.#step(current);
    if (state.kind === "working" || state.kind === "waiting") {
      this.#tell(current);
      return;
    }
    this.#job = undefined;
    switch (state.kind) {
      case "done":
        this.#turned(current.file, state.index);
        this.#told(current);
        break;
      case "changed":
        current.job.abandon();
        this.#again(current.file);
        break;
      case "refused":
        this.#refused(current.file, state.problem);
        break;
    }
  }

  /**
   * Somebody asks for another view, or a part, of what a file in that folder becomes: a small one becomes it now.
   * @returns whether anything may have become of it
   * @throws NotYet for a large one, which is the next then
   */
  hasten(group: number, name: string): boolean {
    const isMeant = (file: Waiting): boolean => {
      const stem = this.#nameOf(file.link)?.stem;
      return (
        file.group === group &&
        stem !== undefined &&
        name.startsWith(stem) &&
        /^([.[@]|$)/.test(name.slice(stem.length))
      );
    };
    const file = [...(this.#job === undefined ? [] : [this.#job.file]), ...this.#waiting.values()].find(isMeant);
    const importAs = file && this.#nameOf(file.link);
    if (file === undefined || importAs === undefined || this.#isHeld(file)) return false;
    try {
      if (this.#isLarge(file)) {
        if (this.#waiting.has(file.address)) this.#waitFirst(file);
        throw new NotYet(Errno.ENOENT);
      }
      if (this.#job?.file === file) this.#drop();
      this.#waiting.delete(file.address);
      this.#now(file, importAs, false);
      return true;
    } catch (error) {
      // It is gone, or has several names.
      if (error instanceof H5Error) return false;
      throw error;
    }
  }

  #waitFirst(file: Waiting): void {
    this.#waiting.delete(file.address);
    const others = [...this.#waiting];
    this.#waiting.clear();
    for (const [address, each] of [[file.address, { ...file, from: 0 }] as const, ...others]) {
      this.#waiting.set(address, each);
    }
  }

  /** A worker has brought the job on. */
  arrived({ import: id, step }: ImportDone): void {
    this.#job?.job.arrived(id, step);
  }

  /** How far a file is on its way; `undefined`: it is on none. */
  progress(node: Node): string | undefined {
    if (node.kind !== "file" || this.#job?.file.address !== node.address) return undefined;
    return percent(this.#job.job);
  }

  get #isAtWork(): boolean {
    return this.#job !== undefined || this.#waiting.size > 0 || this.#left.length > 0;
  }

  #tell(current: CurrentJob): void {
    const elapsed = performance.now() - current.since;
    if (elapsed < current.telling) return;
    current.telling *= 2;
    this.#setup.log(`${current.file.path} becomes a dataset: ${percent(current.job)} after ${seconds(elapsed)}`);
  }

  #told({ file, since, telling }: CurrentJob): void {
    if (telling > LONG) this.#setup.log(`${file.path} is a dataset, after ${seconds(performance.now() - since)}`);
  }

  /** The mount ends: what waits is done now. */
  finish(): void {
    const end = performance.now() + PATIENCE;
    const begun = this.#job;
    if (begun !== undefined) {
      // No worker is heard any more.
      this.#drop();
      this.#waiting.set(begun.file.address, begun.file);
    }
    for (const [address, file] of this.#waiting) this.#waiting.set(address, { ...file, from: 0 });
    this.#isEnding = true;
    while (this.#isAtWork && performance.now() < end) this.work();
    this.#drop();
    this.#setup.pending.close();
  }

  /**
   * Turns a file into a dataset now, whatever the mount was asked for: with "on" as ever, with "force" although that may be shown
   * as other bytes: the values are kept.
   * @throws H5Error "argument" that says why not; ErrnoError EBUSY where it is open
   */
  set(node: Node, value: string): void {
    if (value !== "on" && value !== "force") {
      throw new ErrnoError(Errno.EINVAL, `expected on or force, not ${value}`);
    }
    if (node.kind !== "file" || !isBare(node)) throw new ErrnoError(Errno.EINVAL, "it is no file");
    const place = linkOf(this.#setup.tree, node);
    if (place === undefined) throw new ErrnoError(Errno.ESTALE);
    const name = importName(place.link.name);
    if (name === undefined)
      throw new ErrnoError(
        Errno.EINVAL,
        `only what is called ${IMPORT_VIEWS.map((view) => `.${view}`).join(", ")} becomes a dataset`,
      );
    const file = { ...this.#linked(node, place), from: 0 };
    if (this.#setup.files.ofObject(node.address).length > 0) throw new ErrnoError(Errno.EBUSY);
    if (this.#job?.file.address === node.address) this.#drop();
    this.#waiting.delete(node.address);
    const isForced = value === "force";
    const problem = this.#now(file, name, isForced);
    if (problem !== undefined) throw new H5Error("argument", problem);
  }

  /** @returns why the file stays one */
  #now(file: Waiting, name: ImportName, isForced: boolean): string | undefined {
    const job = new ImportJob(this.#setup.live, file, name, isForced, undefined);
    let state = job.step();
    while (state.kind === "working") state = job.step();
    if (state.kind === "done") this.#turned(file, state.index);
    if (state.kind !== "refused") return undefined;
    this.#refused(file, state.problem);
    return state.problem;
  }

  /** Why a file stays one. */
  problem(node: Node): string | undefined {
    if (node.kind !== "file" || !isBare(node)) return undefined;
    const problem = this.#problems.get(node.address);
    if (problem === undefined) return undefined;
    const time = posixMetadata(node.object)?.ctime;
    const isCurrent = time?.seconds === problem.time?.seconds && time?.nanoseconds === problem.time?.nanoseconds;
    return isCurrent ? problem.text : undefined;
  }

  /** A defect is this file's, and not the mount's. */
  #step({ file, job }: CurrentJob): JobState {
    try {
      return job.step();
    } catch (error) {
      this.#setup.log(describeDefect(error, `a dataset of ${file.path}`));
      job.abandon();
      return { kind: "refused", problem: "turning it into a dataset failed: the log says how" };
    }
  }

  #drop(): void {
    this.#job?.job.abandon();
    this.#job = undefined;
  }

  #next(): CurrentJob | undefined {
    const left = this.#waiting.size === 0 ? this.#left.pop() : undefined;
    if (left !== undefined) this.#takeUp(left);
    for (const [address, file] of this.#waiting) {
      if (file.from > performance.now()) return undefined;
      this.#waiting.delete(address);
      if (this.#isHeld(file)) continue;
      const name = this.#nameOf(file.link);
      const job = name === undefined ? undefined : this.#open(file, name);
      if (job !== undefined) return { file, job, since: performance.now(), telling: LONG };
      this.#setup.pending.remove(address);
    }
    return undefined;
  }

  #open(file: Waiting, name: ImportName): ImportJob | undefined {
    try {
      const workers =
        !this.#isEnding && this.#isLarge(file) ? { id: this.#nextId++, post: this.#setup.post } : undefined;
      return new ImportJob(this.#setup.live, file, name, false, workers);
    } catch (error) {
      // It is gone.
      if (error instanceof H5Error) return undefined;
      throw error;
    }
  }

  #isLarge({ address }: LinkedFile): boolean {
    const dataset = this.#setup.live.file.object(address);
    return dataset.kind === "dataset" && dataset.elementCount > LARGE;
  }

  /** What somebody has open is looked at when it is closed. */
  #isHeld({ address }: LinkedFile): boolean {
    const isOpen = this.#setup.files.ofObject(address).length > 0;
    if (isOpen) this.#held.add(address);
    return isOpen;
  }

  /** It was changed meanwhile: by what does not close it, such as chmod(2), it is looked at once more. */
  #again(file: Waiting): void {
    if (this.#held.has(file.address) || this.#waiting.has(file.address)) return;
    this.#waiting.set(file.address, { ...file, from: performance.now() + DELAY });
  }

  #turned({ group, link, address }: Waiting, index: Uint8Array | undefined): void {
    const { nodes, tree, moved, pending } = this.#setup;
    this.#problems.delete(address);
    pending.remove(address);
    const before = nodes.known(`${address}:bin`);
    const directory = nodes.known(`${group}:directory`);
    if (before === undefined || directory?.kind !== "directory") return;
    const node = tree.listed(directory, link)?.node;
    if (node?.kind !== "file") return;
    const decoded = index && node.object.kind === "dataset" && decodeTextIndex(index, node.object.elementCount);
    if (decoded) this.#setup.measured(node, decoded);
    moved.became(before, node);
  }

  #refused({ address, path }: Waiting, text: string): void {
    this.#setup.pending.remove(address);
    const object = this.#setup.live.file.object(address);
    this.#problems.set(address, { time: posixMetadata(object)?.ctime, text });
    this.#setup.log(`${path} stays a file: ${text}`);
  }

  #linked({ address, path }: FileNode, { directory, link }: FilePlace): LinkedFile {
    const { filters } = this.#setup.newFiles.in(directory);
    return { group: directory.address, link: link.name, address, path, filters };
  }

  #nameOf(link: string): ImportName | undefined {
    const name = importName(link);
    return name !== undefined && this.#setup.imports.includes(name.view) ? name : undefined;
  }
}

function percent({ progress }: ImportJob): string {
  return `${Math.floor(100 * progress)} %`;
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 1000)} s`;
}

/** What a file of that name can become. */
function importName(link: string): ImportName | undefined {
  const [, stem = "", extension] = /^(.+)\.(\w+)$/s.exec(link) ?? [];
  const view = IMPORT_VIEWS.find((known) => known === extension);
  if (view === undefined || needsNameRecord(stem) || needsNameRecord(link)) return undefined;
  return { view, stem };
}
