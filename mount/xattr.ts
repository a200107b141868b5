import { NotFoundError } from "../src/errors.ts";
import { Errno, ErrnoError, plainError } from "./errno.ts";
import type { FileSystem, Request } from "./filesystem.ts";

/** The value of an extended attribute. @throws ErrnoError, H5Error */
export function extendedAttribute(fs: FileSystem, request: Request, nodeid: number, name: Uint8Array): Uint8Array {
  try {
    return fs.getxattr(request, nodeid, name);
  } catch (error) {
    // ENOENT would say that the file is gone.
    if (error instanceof NotFoundError) throw plainError(Errno.ENODATA);
    throw error;
  }
}

/** The names of the extended attributes, each with a NUL after it. */
export function extendedAttributeList(fs: FileSystem, request: Request, nodeid: number): readonly Uint8Array[] {
  const end = Uint8Array.of(0);
  return fs.listxattr(request, nodeid).flatMap((name) => [name, end]);
}

/** The ERANGE protocol of getxattr(2): size 0 asks for the length only. @throws ErrnoError where there is too little room */
export function lengthWithin(parts: readonly Uint8Array[], size: number): number {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (size !== 0 && length > size) throw new ErrnoError(Errno.ERANGE);
  return length;
}
