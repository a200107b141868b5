import { H5Error, type H5ErrorKind } from "../src/errors.ts";

/** The numbers of asm-generic/errno.h that we answer with: the same on every architecture that Node.js runs on under Linux. */
export const Errno = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  EBADF: 9,
  EAGAIN: 11,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENOTTY: 25,
  EFBIG: 27,
  ENOSPC: 28,
  EROFS: 30,
  ENAMETOOLONG: 36,
  ERANGE: 34,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  ENODATA: 61,
  EPROTO: 71,
  EOVERFLOW: 75,
  EOPNOTSUPP: 95,
  ECONNABORTED: 103,
  ENOTCONN: 107,
  ESTALE: 116,
  EDQUOT: 122,
} as const;

/** A failure that is nothing but its errno: of the request, not of the file. */
export class ErrnoError extends Error {
  readonly errno: number;
  /** What a person should know of it. */
  readonly reason: string | undefined;

  /** @param reason where the errno does not say enough */
  constructor(errno: number, reason?: string) {
    // Most requests that fail are questions (is there such a name, such an attribute?): where the answer was thrown
    // from is no news, and would take longer than all the rest.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(reason ?? `errno ${errno}`);
    Error.stackTraceLimit = stackTraceLimit;
    this.name = "ErrnoError";
    this.errno = errno;
    this.reason = reason;
  }
}

const plain = new Map<number, ErrnoError>();

/** The error that says nothing but its errno, one for all: for what is asked so often that to make one each time would be felt. */
export function plainError(errno: number): ErrnoError {
  let error = plain.get(errno);
  if (error === undefined) {
    error = new ErrnoError(errno);
    plain.set(errno, error);
  }
  return error;
}

const ERRNO_OF_KIND: Record<H5ErrorKind, number> = {
  "not-hdf5": Errno.EIO,
  format: Errno.EIO,
  unsupported: Errno.EOPNOTSUPP,
  "not-found": Errno.ENOENT,
  "not-a-group": Errno.ENOTDIR,
  "is-a-group": Errno.EISDIR,
  limit: Errno.EOVERFLOW,
  argument: Errno.EINVAL,
  exists: Errno.EEXIST,
  "read-only": Errno.EROFS,
  locked: Errno.EBUSY,
  io: Errno.EIO,
};

/** The answer is not known yet: the request is to be made again later. Who cannot wait takes it for the errno. */
export class NotYet extends ErrnoError {}

/**
 * The request needs work that changes nothing, and would keep all others waiting: it is to be made again with what comes of that. Thrown
 * before anything is changed, and only to who says that the request can be put off (`Request.patience`).
 */
export class Preparing extends NotYet {
  /** The work, with pauses. */
  readonly steps: Iterator<unknown, unknown>;

  constructor(steps: Iterator<unknown, unknown>) {
    super(Errno.EAGAIN);
    this.steps = steps;
  }
}

/** The errno of an exception; `undefined` for one that nobody threw on purpose. */
export function errnoOf(error: unknown): number | undefined {
  if (error instanceof ErrnoError) return error.errno;
  if (error instanceof H5Error)
    return (error.kind === "io" ? diskErrno(error.cause) : undefined) ?? ERRNO_OF_KIND[error.kind];
  return diskErrno(error);
}

/** Why a change was refused, where its errno does not say enough. */
export function reasonOf(error: unknown): string | undefined {
  if (error instanceof ErrnoError) return error.reason;
  return error instanceof H5Error ? error.message : undefined;
}

/** What a failure says. @throws the exception itself where nobody threw it on purpose */
export function messageOfFailure(error: unknown): string {
  if (!(error instanceof Error) || errnoOf(error) === undefined) throw error;
  return error.message;
}

/** Where a write fails for want of space, that is what the writer is told. */
function diskErrno(cause: unknown): number | undefined {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  switch (code) {
    case "ENOSPC":
      return Errno.ENOSPC;
    case "EDQUOT":
      return Errno.EDQUOT;
    case "EFBIG":
      return Errno.EFBIG;
    default:
      return undefined;
  }
}

/** What the log says of an exception that nobody threw on purpose. */
export function describeDefect(error: unknown, request: string): string {
  const message = error instanceof Error ? error.stack : String(error);
  return `this is a defect of h5fs, please report it: ${request}: ${message}`;
}
