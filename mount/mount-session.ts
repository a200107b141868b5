import type { FileSystem } from "./filesystem.ts";
import type { ImportDone, Rendered } from "./job.ts";

/** How the kernel is told that it is not to believe any more what it knows of a node: before the request under way is answered. */
export interface KernelCache {
  /** Its attributes. @param pages its bytes, too */
  invalidate(nodeid: number, pages: boolean): void;
}

/** What a transport serves: a file system, some of whose answers workers give. */
export interface MountSession extends FileSystem {
  /** A worker is done with a piece of a text. */
  rendered(result: Rendered): void;
  /** A worker has brought on a file that becomes a dataset. */
  imported?(result: ImportDone): void;
  /** The thread that waits for the disk may be done. */
  proceed(): void;
  /** Milliseconds until `idle` is to be called; -1: there is nothing to be done. */
  readonly due: number;
  /** There have been no changes for some time. */
  idle(): void;
}
