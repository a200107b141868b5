import { H5Error } from "../src/errors.ts";
import { childPath } from "../src/tree/canonical-name.ts";
import { fileName } from "../src/tree/file-name.ts";
import { modificationTime } from "../src/tree/modification-time.ts";
import type { DirectoryNode, FileNode, Node } from "../src/tree/node.ts";
import type { Attributes, Timestamp } from "./filesystem.ts";

/** What the mounted file itself has: its nodes take over what HDF5 does not store. */
export interface FileFacts {
  readonly size: number;
  /** Permission bits, without any to write. */
  readonly fileMode: number;
  readonly directoryMode: number;
  readonly uid: number;
  readonly gid: number;
  readonly atime: Timestamp;
  readonly mtime: Timestamp;
}

const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;

/** The DT_* types of directory entries. */
export const DT = { directory: 4, file: 8, symlink: 10, broken: 8 } as const;

/** A directory with more links than this is not searched for subdirectories. */
const MAX_COUNTED = 256;

/** `struct stat` of a node. @param size a file's, in bytes; of anything else 0 */
export function attributesOf(node: Node, size: number, facts: FileFacts): Attributes {
  const seconds = modificationTime(node);
  const mtime = seconds === undefined ? facts.mtime : { seconds, nanoseconds: 0 };
  return {
    ino: node.ino,
    size: node.kind === "symlink" ? Buffer.byteLength(node.target) : size,
    blocks: blocksOf(node, size),
    atime: facts.atime,
    mtime,
    ctime: mtime,
    mode: modeOf(node, facts),
    nlink: linksOf(node),
    uid: facts.uid,
    gid: facts.gid,
    blksize: 4096,
  };
}

/** In units of 512 bytes; `du` adds these up. */
function blocksOf(node: Node, size: number): number {
  if (node.kind !== "file") return 0;
  return Math.ceil((isWhole(node) ? storedBytes(node) : size) / 512);
}

function modeOf({ kind }: Node, { fileMode, directoryMode }: FileFacts): number {
  if (kind === "directory") return S_IFDIR | directoryMode;
  return kind === "symlink" ? S_IFLNK | 0o777 : S_IFREG | fileMode;
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
function directoryLinks(node: DirectoryNode): number {
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
