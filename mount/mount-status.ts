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

/** What a mount says of itself by its attribute `user.h5fs.status`. */
export interface MountStatus extends DaemonStatus {
  /** Decoded chunks, in bytes. */
  readonly cache: { readonly bytes: number; readonly limit: number };
}
