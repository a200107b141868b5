import { H5Error } from "../src/errors.ts";
import { encodeText } from "../src/format/text.ts";
import { childPath } from "../src/tree/canonical-name.ts";
import { fileName } from "../src/tree/file-name.ts";
import { modificationTime } from "../src/tree/modification-time.ts";
import type { DirectoryNode, FileNode, Node } from "../src/tree/node.ts";
import { type PosixMetadata, posixMetadata, type Timestamp } from "../src/tree/posix-metadata.ts";
import type { Attributes, Writable } from "./filesystem.ts";
import type { Ownership } from "./mount-options.ts";

/** What the mounted file itself has: its nodes take over what HDF5 does not store. */
export interface FileFacts {
  readonly size: number;
  /** Permission bits; without any to write where the mount is read-only. */
  readonly fileMode: number;
  readonly directoryMode: number;
  readonly isWritable: boolean;
  /** What is shown whatever a node has of its own. */
  readonly ownership: Ownership;
  /** Whether what POSIX has and HDF5 has not is kept in the file. */
  readonly keepsMetadata: boolean;
  readonly uid: number;
  readonly gid: number;
  readonly atime: Timestamp;
  readonly mtime: Timestamp;
}

/** File type bits of a mode. */
export const S_IFMT = 0o170000;
export const S_IFDIR = 0o040000;
export const S_IFCHR = 0o020000;
export const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;
/** On a directory: what is made in it has its group. */
export const S_ISGID = 0o2000;

/** The DT_* types of directory entries. */
const DT = { directory: 4, file: 8, symlink: 10, broken: 8 } as const;

/** Of a special file, the type bits of its mode are the number. */
export function directoryEntryType(node: Node, facts: FileFacts): number {
  const mode = node.kind === "file" ? metadataOf(node, facts)?.mode : undefined;
  return mode === undefined ? DT[node.kind] : (mode & S_IFMT) >> 12;
}

/** A directory with more links than this is not searched for subdirectories. */
const MAX_COUNTED = 256;

/** What POSIX keeps of a node, where it was ever told. */
function metadataOf(node: Node, { keepsMetadata }: FileFacts): PosixMetadata | undefined {
  if (!keepsMetadata) return undefined;
  switch (node.kind) {
    case "directory":
      return quietly(() => posixMetadata(node.group));
    case "file": {
      const metadata = quietly(() => posixMetadata(node.object));
      return metadata === undefined || isWhole(node) ? metadata : ofPart(node, metadata);
    }
    case "symlink":
      return node.record?.metadata;
    case "broken":
      return undefined;
  }
}

/** Who may read an object may read parts of it, and its attributes, which change with its status. */
function ofPart({ view }: FileNode, { mode, ctime, mtime, ...rest }: PosixMetadata): PosixMetadata {
  const permissions = mode === undefined ? undefined : S_IFREG | (mode & 0o666);
  return { ...rest, rdev: 0, mode: permissions, ctime, mtime: view === "attrs.json" ? ctime : mtime };
}

/** What is newer than what the file has. */
interface Known {
  readonly metadata?: PosixMetadata | undefined;
  readonly nlink?: number | undefined;
  readonly blocks?: number | undefined;
}

/**
 * `struct stat` of a node.
 * @param size a file's, in bytes; of anything else 0
 */
export function attributesOf(node: Node, size: number, facts: FileFacts, known: Known = {}): Writable<Attributes> {
  const metadata = known.metadata ?? metadataOf(node, facts);
  const { ownership } = facts;
  const { atime, mtime, ctime } = timesOf(node, metadata, facts);
  return {
    ino: node.ino,
    size: node.kind === "symlink" ? Buffer.byteLength(encodeText(node.target)) : size,
    blocks: known.blocks ?? blocksOf(node, size),
    atime,
    mtime,
    ctime,
    mode: modeOf(node, facts, metadata),
    nlink: known.nlink ?? linksOf(node),
    uid: ownership.uid ?? metadata?.uid ?? facts.uid,
    gid: ownership.gid ?? metadata?.gid ?? facts.gid,
    rdev: metadata?.rdev ?? 0,
    blksize: 4096,
  };
}

function timesOf(
  node: Node,
  metadata: PosixMetadata | undefined,
  facts: FileFacts,
): Pick<Attributes, "atime" | "mtime" | "ctime"> {
  const mtime = metadata?.mtime ?? modified(node, facts);
  if (facts.keepsMetadata) return { atime: metadata?.atime ?? facts.atime, mtime, ctime: metadata?.ctime ?? mtime };
  // HDF5 has seconds.
  const changed = { seconds: mtime.seconds, nanoseconds: 0 };
  return { atime: facts.atime, mtime: changed, ctime: changed };
}

function modified(node: Node, facts: FileFacts): Timestamp {
  const seconds = modificationTime(node);
  return seconds === undefined ? facts.mtime : { seconds, nanoseconds: 0 };
}

/** In units of 512 bytes; `du` adds these up. */
function blocksOf(node: Node, size: number): number {
  if (node.kind !== "file") return 0;
  return Math.ceil((isWhole(node) ? storedBytes(node) : size) / 512);
}

function modeOf({ kind }: Node, facts: FileFacts, metadata: PosixMetadata | undefined): number {
  const type = kind === "directory" ? S_IFDIR : kind === "symlink" ? S_IFLNK : S_IFREG;
  if (kind === "symlink") return type | 0o777;
  const mode = metadata?.mode ?? (kind === "directory" ? facts.directoryMode : facts.fileMode);
  const permissions = mode & 0o7777 & ~(facts.isWritable ? 0 : 0o222) & ~maskOf(kind, facts.ownership);
  return (mode & S_IFMT || type) | permissions;
}

/** Permissions that a node of that kind never has. */
export function maskOf(kind: Node["kind"], { fileMask, directoryMask }: Ownership): number {
  return (kind === "directory" ? directoryMask : fileMask) ?? 0;
}

function linksOf(node: Node): number {
  if (node.kind === "directory") return quietly(() => directoryLinks(node)) ?? 1;
  return node.kind === "file" && isWhole(node) ? Math.max(1, node.object.linkCount) : 1;
}

/** False for parts of datasets and for attributes: files that are listed nowhere. */
function isWhole({ part, view }: FileNode): boolean {
  return part === undefined && view !== "attrs.json";
}

/** Two and the subdirectories; 1, by which file systems say that they do not count, where counting would open too many objects. */
export function directoryLinks(node: DirectoryNode): number {
  if (node.group.hasMoreLinksThan(MAX_COUNTED)) return 1;
  let subdirectories = 0;
  for (const link of node.group.links()) {
    // What another file has there is not looked at for this.
    if (link.kind === "external") return 1;
    if (link.kind === "hard" && isGroup(node, link.name, link.address)) subdirectories++;
  }
  return 2 + subdirectories;
}

function isGroup(node: DirectoryNode, name: string, address: number): boolean {
  // The path is what messages about the object will say.
  const path = childPath(node.path, fileName(name, ""));
  return quietly(() => node.group.file.object(address, path).kind === "group") ?? false;
}

function storedBytes({ object }: FileNode): number {
  return object.kind === "dataset" ? (quietly(() => object.storedBytes()) ?? 0) : 0;
}

/** A damaged object still has attributes; the damage is told when its contents are asked for. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof H5Error) return undefined;
    throw error;
  }
}
