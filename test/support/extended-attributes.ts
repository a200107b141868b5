import koffi from "koffi";
import { getExtendedAttribute, SystemCallError } from "../../mount/native.ts";

/**
 * Extended attributes of files, through libc: Node.js has no calls for them, and the programs getfattr and setfattr are not
 * on every machine. The calls hold the thread up, so the mount that they ask must be served by another process.
 */
const libc = koffi.load(null);
const setxattrFn = libc.func(
  "int setxattr(const char *path, const char *name, const void *value, unsigned long size, int flags)",
);
const listxattrFn = libc.func("long listxattr(const char *path, _Out_ uint8_t *list, unsigned long size)");

/** XATTR_LIST_MAX of Linux. */
const MAX_LIST = 65_536;

/** @throws SystemCallError ENODATA where there is no such attribute */
export function getxattrText(path: string, name: string): string {
  return getExtendedAttribute(path, name).toString();
}

export function setxattr(path: string, name: string, value: string | Uint8Array): void {
  const bytes = Buffer.from(value);
  if (setxattrFn(path, name, bytes, bytes.length, 0) < 0)
    throw new SystemCallError(`setxattr ${name} of ${path}`, koffi.errno());
}

/** The names, sorted. */
export function listxattr(path: string): string[] {
  const list = Buffer.alloc(MAX_LIST);
  const length: number = listxattrFn(path, list, list.length);
  if (length < 0) throw new SystemCallError(`listxattr of ${path}`, koffi.errno());
  // Each name has a NUL after it.
  return list.toString("utf8", 0, length).split("\0").slice(0, -1).sort();
}

/** What h5fs tells of a file or folder of a mount: `dtype`, `problem`. @throws SystemCallError ENODATA where there is none */
export function fact(path: string, name: string): string {
  return getxattrText(path, `user.h5fs.${name}`);
}
