import { H5Error } from "../errors.ts";
import type { NewAttribute } from "../object/attribute-edit.ts";
import { integerType } from "../object/datatypes.ts";
import type { ObjectBase } from "../object/object.ts";
import { getI64, putI64 } from "../storage/little-endian.ts";

/** A moment: nanoseconds from 0 to 999,999,999 after a whole second, which may lie before 1970. */
export interface Timestamp {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** What POSIX has and HDF5 has no place for. `undefined`: as the mounted file has it. */
export interface PosixMetadata {
  /** File type and permission bits. */
  readonly mode: number | undefined;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** Of a device. */
  readonly rdev: number;
  readonly atime: Timestamp | undefined;
  readonly mtime: Timestamp | undefined;
  readonly ctime: Timestamp | undefined;
}

/** Nothing is kept: all as the mounted file has it. */
export const NO_METADATA: PosixMetadata = {
  mode: undefined,
  uid: undefined,
  gid: undefined,
  rdev: 0,
  atime: undefined,
  mtime: undefined,
  ctime: undefined,
};

/** Attributes of such names are the mount's own, and not shown. */
export const HIDDEN_PREFIX = "H5FS_";

/** False for what the mount keeps for itself. @param name of an attribute */
export function isUsers(name: string): boolean {
  return !name.startsWith(HIDDEN_PREFIX);
}

const NAME = `${HIDDEN_PREFIX}POSIX`;
const VERSION = 1;

/** version, mode, uid, gid, rdev, and three times as seconds and nanoseconds; -1 is `undefined` (of a time: its nanoseconds). */
const FIELDS = 11;
const UNSET = -1;

const INT64 = integerType(8, true);

/** `undefined`: the object has none, or in a form of another version. */
export function posixMetadata(object: ObjectBase): PosixMetadata | undefined {
  try {
    const attribute = object.attribute(NAME);
    const { class: kind, size } = attribute?.datatype ?? { class: undefined, size: 0 };
    const bytes = kind === "integer" && size === INT64.size ? attribute?.bytes() : undefined;
    const metadata = bytes === undefined || bytes.length !== FIELDS * INT64.size ? undefined : decode(bytes);
    return metadata && changedSince(object, metadata);
  } catch (error) {
    // The damage is told when the contents are asked for.
    if (error instanceof H5Error) return undefined;
    throw error;
  }
}

/** The attribute that keeps them: always of the same size, so that it is changed in place. */
export function posixAttribute(metadata: PosixMetadata): NewAttribute {
  return {
    name: NAME,
    charset: "ascii",
    datatype: INT64,
    dataspace: { kind: "simple", dims: [FIELDS], maxDims: [FIELDS], maxDimsStored: false },
    data: encodePosix(metadata),
  };
}

/** A program that knows nothing of these times, but of HDF5's own, may have changed the object since. */
function changedSince(object: ObjectBase, metadata: PosixMetadata): PosixMetadata {
  const { mtime, ctime } = metadata;
  const changed = object.modificationTime;
  if (mtime === undefined || changed === undefined || changed <= Math.max(mtime.seconds, 0)) return metadata;
  const time = { seconds: changed, nanoseconds: 0 };
  return { ...metadata, mtime: time, ctime: ctime === undefined || ctime.seconds < changed ? time : ctime };
}

function decode(bytes: Uint8Array): PosixMetadata | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const field = (i: number): number => getI64(view, i * INT64.size);
  if (field(0) !== VERSION) return undefined;
  const optional = (i: number): number | undefined => (field(i) < 0 ? undefined : field(i));
  const time = (i: number): Timestamp | undefined =>
    field(i + 1) < 0 ? undefined : { seconds: field(i), nanoseconds: field(i + 1) };
  return {
    mode: optional(1),
    uid: optional(2),
    gid: optional(3),
    rdev: field(4),
    atime: time(5),
    mtime: time(7),
    ctime: time(9),
  };
}

/** The attribute's data, of which only the times change with a file's bytes. */
export function encodePosix({ mode, uid, gid, rdev, atime, mtime, ctime }: PosixMetadata): Uint8Array {
  const bytes = new Uint8Array(FIELDS * INT64.size);
  const view = new DataView(bytes.buffer);
  putField(view, 0, VERSION);
  putField(view, 1, mode);
  putField(view, 2, uid);
  putField(view, 3, gid);
  putField(view, 4, rdev);
  putField(view, 5, atime?.seconds);
  putField(view, 6, atime?.nanoseconds);
  putField(view, 7, mtime?.seconds);
  putField(view, 8, mtime?.nanoseconds);
  putField(view, 9, ctime?.seconds);
  putField(view, 10, ctime?.nanoseconds);
  return bytes;
}

function putField(view: DataView, field: number, value = UNSET): void {
  putI64(view, field * INT64.size, value);
}
