/** The extended attribute that has the daemon's process, for `h5fs umount` to wait for. */
export const PID_ATTRIBUTE = "user.h5fs.pid";

/** The extended attribute that has a `MountStatus`, as JSON. */
export const STATUS_ATTRIBUTE = "user.h5fs.status";

/** What a daemon knows of itself. */
export interface DaemonStatus {
  readonly pid: number;
  readonly uid: number;
  /** Real path of the mounted file. */
  readonly file: string;
  /** When it was mounted (ISO 8601, UTC). */
  readonly since: string;
  /** Requests of the kernel so far. */
  readonly requests: number;
}

/** What a mount says of itself. */
export interface MountStatus extends DaemonStatus {
  /** Decoded chunks, in bytes. */
  readonly cache: { readonly bytes: number; readonly limit: number };
}
