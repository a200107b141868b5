import { H5Error, type H5ErrorKind } from "../errors.ts";
import { printable } from "./printable.ts";

/** The exit statuses of h5fs, one per cause (docs/cli.md lists them for users). */
export const EXIT = {
  ok: 0,
  defect: 1,
  usage: 2,
  noSuchFile: 10,
  noPermission: 11,
  notAFile: 12,
  notHdf5: 13,
  damaged: 14,
  locked: 15,
  systemError: 16,
  noMountPoint: 20,
  busyMountPoint: 21,
  badMountPoint: 22,
  notMounted: 23,
  mountFailed: 24,
  noSuchPath: 30,
  unsupported: 31,
  exists: 32,
} as const;

/** A failure that a command reports in one sentence, and the status it ends with. */
export class CommandError extends Error {
  readonly status: number;

  constructor(status: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "CommandError";
    this.status = status;
  }
}

const STATUS_OF_KIND: Record<H5ErrorKind, number> = {
  "not-hdf5": EXIT.notHdf5,
  format: EXIT.damaged,
  unsupported: EXIT.unsupported,
  "not-found": EXIT.noSuchPath,
  "not-a-group": EXIT.noSuchPath,
  "is-a-group": EXIT.noSuchPath,
  limit: EXIT.unsupported,
  argument: EXIT.notAFile,
  exists: EXIT.exists,
  "read-only": EXIT.noPermission,
  locked: EXIT.locked,
  io: EXIT.systemError,
};

export function exitStatusOf(error: unknown): number {
  if (error instanceof CommandError) return error.status;
  if (!(error instanceof H5Error)) return EXIT.defect;
  const { cause } = error;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ENOENT" || code === "ENOTDIR") return EXIT.noSuchFile;
  if (code === "EACCES" || code === "EPERM") return EXIT.noPermission;
  return STATUS_OF_KIND[error.kind];
}

/** What is printed on standard error: one sentence; for a defect of h5fs, where it happened too. */
export function describeFailure(error: unknown): string {
  if (error instanceof CommandError || error instanceof H5Error) return `h5fs: ${printable(error.message)}`;
  return `h5fs: this is a defect of h5fs, please report it: ${error instanceof Error ? error.stack : String(error)}`;
}
