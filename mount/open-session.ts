import type { MessagePort } from "node:worker_threads";
import type { CodecMode } from "../codecs/codec.ts";
import { ExternalFiles, type ExternalFilesSetup } from "../src/object/external-files.ts";
import { H5File } from "../src/object/file.ts";
import type { FilterSpec } from "../src/object/filter-spec.ts";
import { lockShared } from "../src/storage/journal/system-calls.ts";
import { attachSnapshot } from "../src/storage/local-file.ts";
import type { SnapshotDescription } from "../src/storage/storage.ts";
import { Tree } from "../src/tree/tree.ts";
import type { ViewName } from "../src/view/view.ts";
import type { IndexFolder } from "./index-folder.ts";
import type { KernelCache, MountSession } from "./mount-session.ts";
import type { FileFacts } from "./node-attributes.ts";
import { Parking, ParkingSlots } from "./parking.ts";
import { UNCHANGING } from "./read-states.ts";
import { type ParkedReplier, Session, type SessionSetup } from "./session.ts";
import type { Unreadable } from "./transport.ts";
import { warmUp } from "./warm-up.ts";
import { WorkerPool } from "./worker-pool.ts";

/** What a session is made of, whatever the transport; it can be sent to a thread. */
export interface SessionParts {
  readonly snapshot: SnapshotDescription;
  /** Where the log of a file that is written is; `undefined`: beside the file. */
  readonly journalDirectory: string | undefined;
  /** The mounted file's real path. */
  readonly path: string;
  readonly facts: FileFacts;
  /** What to list of each dataset; none: its natural view. */
  readonly views: readonly ViewName[];
  /** The filters of new files, where no group says others. */
  readonly compression: readonly FilterSpec[];
  /** Which new files become datasets, by the ends of their names. */
  readonly imports: readonly ViewName[];
  /** Where external links may lead. */
  readonly links: Omit<ExternalFilesSetup, "lock">;
  /** Whether to take the shared lock of files that external links lead to. */
  readonly lock: boolean;
  readonly workers: readonly MessagePort[];
  /** By which another thread is asked to wait for the disk; `undefined`: there is none, for nothing is written. */
  readonly syncState: SharedArrayBuffer | undefined;
  readonly parking: SharedArrayBuffer;
  readonly outstanding: SharedArrayBuffer;
  readonly cacheBytes: number;
  readonly codecs: CodecMode;
  /** Where the indexes of texts are kept from mount to mount. */
  readonly indexes: IndexFolder | undefined;
}

/** What the thread that has the session does for it. */
export interface SessionEvents {
  unreadable(message: Unreadable): void;
  /** How many requests have come so far. */
  requests(): number;
  /** Is given what a person should know of, a line at a time. */
  log(line: string): void;
  /** `undefined`: the kernel cannot be told. */
  readonly cache?: KernelCache | undefined;
}

/** Opens the file's session on the calling thread. */
export async function openSession(
  parts: SessionParts,
  replier: ParkedReplier,
  events: SessionEvents,
): Promise<MountSession> {
  const pool = new WorkerPool(parts.workers, parts.outstanding);
  const self = { pid: process.pid, uid: process.getuid?.() ?? 0, file: parts.path, since: new Date().toISOString() };
  const externalFiles = new ExternalFiles({ ...parts.links, ...(parts.lock ? { lock: lockShared } : {}) });
  const setup: Omit<SessionSetup, "tree" | "states"> = {
    facts: parts.facts,
    parking: new Parking(new ParkingSlots(parts.parking)),
    replier,
    cacheBytes: parts.cacheBytes,
    codecs: parts.codecs,
    workerCount: pool.size,
    indexes: parts.indexes,
    log: (line) => events.log(line),
    post: (job) => pool.post(job),
    unreadable: (path, problem) => events.unreadable({ path, problem }),
    status: () => ({ ...self, requests: events.requests() }),
  };
  warmUp((tree) => new Session({ ...setup, indexes: undefined, states: UNCHANGING, tree }));
  const { path, views, imports, journalDirectory, syncState, compression } = parts;
  if (parts.facts.isWritable) {
    // A hundred modules, which a read-only mount does without.
    const { openWritableSession } = await import("./writable/open-writable.ts");
    const { cache } = events;
    const parts = { path, journalDirectory, externalFiles, views, imports, pool, syncState, compression, cache };
    return openWritableSession({ ...setup, ...parts });
  }
  const file = H5File.attach(attachSnapshot(parts.snapshot), parts.snapshot.path, { externalFiles });
  externalFiles.add(path, file);
  return new Session({ ...setup, states: UNCHANGING, tree: new Tree(file, { views }) });
}
