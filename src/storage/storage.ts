/**
 * Where the bytes of a file live. Everything above this room asks a snapshot, by offset and length, and never
 * opens, seeks or caches a file itself; so a writer, a log, or a remote file can stand behind the same two interfaces.
 */

/** A run of bytes: in a file (readable by any thread of the process) or already in memory (still in a log, say). */
export type Piece =
  | { readonly fd: number; readonly offset: number; readonly length: number }
  | { readonly bytes: Uint8Array };

/** One unchanging state of a storage. What it gives does not change until it is released, whatever is written meanwhile. */
export interface Snapshot {
  /** Bytes in the storage, from offset 0. */
  readonly size: number;
  /**
   * The bytes of [offset, offset + length), which must lie inside `size`. The result may be a view on a cache: do not write to it.
   * For metadata: small reads are served from cached pages.
   */
  read(offset: number, length: number): Uint8Array;
  /** The same bytes as pieces, in order, for a bulk read that goes around the page cache, maybe on another thread. */
  pieces(offset: number, length: number): Piece[];
  /** What another thread needs to see the same state: it survives `postMessage`. */
  describe(): SnapshotDescription;
}

/** A snapshot as a plain value, for a worker of the same process (file descriptors are shared by its threads). */
export interface SnapshotDescription {
  readonly fd: number;
  readonly size: number;
  readonly path: string;
  /** Of a file that is being written: another number for each state. */
  readonly state?: number;
  /** Of a file that is being written: what is not in its place yet. */
  readonly changed?: ChangedPages;
}

/** Pages that lie over a file's own bytes. */
export interface ChangedPages {
  /** Bytes that the file itself has; where no page lies, those past them are zeros. */
  readonly fileSize: number;
  /** Bytes of a page. */
  readonly pageSize: number;
  /** Which ones, ascending: page n begins at byte n * pageSize. */
  readonly numbers: Float64Array;
  /** One after the other; shared memory, so that handing it to a thread copies nothing. */
  readonly bytes: Uint8Array;
}

export interface Storage {
  /** How messages name it. */
  readonly name: string;
  snapshot(): Snapshot;
  close(): void;
}
