import { H5Error } from "../errors.ts";
import { decodeText } from "../format/text.ts";
import type { NewAttribute } from "../object/attribute-edit.ts";
import type { Group } from "../object/group.ts";
import type { Link } from "../object/link.ts";
import { keptText } from "../object/scalar-attribute.ts";
import { HIDDEN_PREFIX, type PosixMetadata, type Timestamp } from "./posix-metadata.ts";

/** What belongs to a symlink and not to what it leads to; it is kept in an attribute of the group that has the link. */
export interface LinkRecord {
  /** The soft link's target in the file: for a link of the same name with another one, the record does not count. */
  readonly target: string;
  /** The symlink's text, as it was given. */
  readonly text: string;
  /** Stays when the link is renamed. */
  readonly ino: number;
  readonly metadata: PosixMetadata;
}

export function linkRecordName(link: string): string {
  return `${HIDDEN_PREFIX}LINK:${link}`;
}

/** `undefined`: there is none, or it is another link's. */
export function linkRecord(group: Group, link: Link & { kind: "soft" }): LinkRecord | undefined {
  let text: string;
  try {
    const attribute = group.attribute(linkRecordName(link.name));
    if (attribute?.datatype.class !== "string") return undefined;
    text = decodeText(attribute.bytes());
  } catch (error) {
    // The damage is told when the group's attributes are asked for.
    if (error instanceof H5Error) return undefined;
    throw error;
  }
  const record = decode(text);
  return record?.target === link.target ? record : undefined;
}

export function linkRecordAttribute(link: string, record: LinkRecord): NewAttribute {
  const { target, text, ino, metadata } = record;
  const { uid, gid, atime, mtime, ctime } = metadata;
  const times = [atime, mtime, ctime].map((time) => time && [time.seconds, time.nanoseconds]);
  return keptText(linkRecordName(link), JSON.stringify({ target, text, ino, uid, gid, times }), "utf-8");
}

function decode(json: string): LinkRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    // Somebody else's attribute of that name.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof value !== "object" || value === null) return undefined;
  if (!("target" in value && "text" in value && "ino" in value && "times" in value)) return undefined;
  const { target, text, ino, times } = value;
  if (typeof target !== "string" || typeof text !== "string") return undefined;
  if (typeof ino !== "number" || !Number.isSafeInteger(ino) || !Array.isArray(times)) return undefined;
  const [atime, mtime, ctime] = times.map(timestamp);
  const owner = (name: "uid" | "gid"): number | undefined => {
    const id: unknown = Object.entries(value).find(([key]) => key === name)?.[1];
    return typeof id === "number" ? id : undefined;
  };
  return {
    target,
    text,
    ino,
    metadata: { mode: undefined, uid: owner("uid"), gid: owner("gid"), rdev: 0, atime, mtime, ctime },
  };
}

function timestamp(value: unknown): Timestamp | undefined {
  if (!Array.isArray(value)) return undefined;
  const [seconds, nanoseconds]: unknown[] = value;
  return typeof seconds === "number" && typeof nanoseconds === "number" ? { seconds, nanoseconds } : undefined;
}
