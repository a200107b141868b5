import { dirname } from "node:path";
import { RangeReader } from "../../src/chunk/read-range.ts";
import type { ExternalFiles } from "../../src/object/external-files.ts";
import type { FilterSpec } from "../../src/object/filter-spec.ts";
import { WritableFile } from "../../src/object/writable-file.ts";
import { defaultSpaceDirectory } from "../../src/storage/journal/free-space-memory.ts";
import { Tree } from "../../src/tree/tree.ts";
import type { ViewName } from "../../src/view/view.ts";
import { messageOfFailure } from "../errno.ts";
import type { KernelCache, MountSession } from "../mount-session.ts";
import { Session, type SessionSetup } from "../session.ts";
import { SharedSyncThread } from "../shared-sync-thread.ts";
import type { WorkerPool } from "../worker-pool.ts";
import { AttributeChanges } from "./attribute-changes.ts";
import { DatasetCopies } from "./dataset-copies.ts";
import { IdleWork } from "./idle-work.ts";
import { Importer } from "./importer.ts";
import { KnownNames } from "./known-names.ts";
import { LiveFile } from "./live-file.ts";
import { LiveStates } from "./live-states.ts";
import { LiveTexts } from "./live-texts.ts";
import { Metadata } from "./metadata.ts";
import { MovedNodes } from "./moved-nodes.ts";
import { NameChanges } from "./name-changes.ts";
import { NewFileSettings } from "./new-file-storage.ts";
import { NewFiles } from "./new-files.ts";
import { OpenFiles } from "./open-files.ts";
import { defaultImportsDirectory, PendingImports } from "./pending-imports.ts";
import { PosixStore } from "./posix-store.ts";
import { Rejected } from "./rejected.ts";
import { FileRestorer } from "./restore-file.ts";
import { statisticsOf } from "./statistics.ts";
import { ViewNotices } from "./view-notices.ts";
import { WholeTexts } from "./whole-texts.ts";
import { WritableSession } from "./writable-session.ts";

export interface WritableSetup extends Omit<SessionSetup, "tree" | "states"> {
  /** The workers, who read the file while it changes. */
  readonly pool: WorkerPool;
  /** The mounted file's real path. */
  readonly path: string;
  readonly journalDirectory: string | undefined;
  readonly externalFiles: ExternalFiles;
  /** By which another thread is asked to wait for the disk. */
  readonly syncState: SharedArrayBuffer | undefined;
  /** Which new files become datasets, by the ends of their names. */
  readonly imports: readonly ViewName[];
  /** What to list of each dataset: the first that it has; none: its natural view. */
  readonly views: readonly ViewName[];
  /** The filters of new files, where no group says others. */
  readonly compression: readonly FilterSpec[];
  readonly cache: KernelCache | undefined;
}

/** Opens a file for writing, on the calling thread, which alone has it. @throws H5Error where it cannot be written safely */
export function openWritableSession(setup: WritableSetup): MountSession {
  const { path, journalDirectory, externalFiles } = setup;
  const spaceDirectory = defaultSpaceDirectory(process.env);
  const syncThread = setup.syncState === undefined ? undefined : new SharedSyncThread(setup.syncState);
  const { log } = setup;
  const states = new LiveStates(setup.pool);
  const waitForReaders = (): void => states.waitForReaders();
  const options = { journalDirectory, spaceDirectory, externalFiles, syncThread, waitForReaders };
  const writable = WritableFile.open(path, options);
  states.of(writable);
  writable.prepareLog();
  const live = new LiveFile(writable, (error) =>
    log(`what has changed is not in the file yet: ${messageOfFailure(error)}`),
  );
  externalFiles.add(path, live.file);
  const tree = new Tree(live.file, { views: setup.views.slice(0, 1), onlyListed: true });
  const whole = new WholeTexts(new RangeReader(setup.codecs));
  const reading = new Session({
    ...setup,
    tree,
    states,
    post: (job) => states.post(job),
    // Those that earlier mounts have left are of a file that does not change.
    indexes: undefined,
    texts: (store) => new LiveTexts(store, whole),
    measured: (node, size) => ({ attributes: metadata.of(node, size + (files.get(node)?.pending ?? 0)), valid: 0 }),
  });
  const notices = new ViewNotices(reading.nodes, setup.cache);
  const store = new PosixStore(setup.facts.keepsMetadata);
  const files = new OpenFiles(live, whole, store, notices);
  files.indexes = {
    get: (node) => reading.textIndex(node),
    set: (node, index) => reading.restoreIndex(node, index),
  };
  const metadata = new Metadata(live.file, files, setup.facts, store, notices);
  const moved = new MovedNodes(tree, reading.nodes, files, metadata, notices);
  const newFiles = new NewFileSettings(live, setup.compression, log);
  const known = new KnownNames(live);
  const waiting = new NewFiles({ live, tree, files, metadata, known, log });
  const names = new NameChanges({ live, tree, files, metadata, moved, newFiles, waiting, known, log });
  const { nodes } = reading;
  const importer = new Importer({
    live,
    tree,
    nodes,
    files,
    moved,
    newFiles,
    imports: setup.imports,
    pending: new PendingImports(defaultImportsDirectory(process.env), path),
    log,
    post: (work) => states.post(work),
    measured: (node, index) => reading.restoreIndex(node, index),
  });
  return new WritableSession({
    importer,
    copies: new DatasetCopies({ live, tree, nodes, files, moved, isOn: setup.imports.length > 0 }),
    idle: new IdleWork(live, files, metadata, waiting, importer, log),
    restorer: new FileRestorer({ live, tree, files, moved, texts: whole, newFiles }),
    reading,
    live,
    tree,
    files,
    metadata,
    names,
    waiting,
    known,
    moved,
    attributes: new AttributeChanges(live, metadata, importer, log),
    notices,
    rejected: new Rejected({ tree, files, metadata, names, notices, log }),
    replier: setup.replier,
    statistics: () => statisticsOf(dirname(path)),
  });
}
