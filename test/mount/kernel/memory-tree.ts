import { constants } from "node:os";
import { type MemoryNode, ROOT } from "./memory-file-system.ts";

/** The tree that the tests mount: each file stands for one way in which a request may go. */
export const NODEID = {
  "hello.txt": 2,
  "large.bin": 3,
  many: 4,
  link: 5,
  /** Its READ is parked. */
  slow: 6,
  /** Its GETATTR is parked. */
  "late-size": 7,
  /** Its READ throws what nobody foresaw. */
  defective: 8,
  /** Its OPEN fails with EOPNOTSUPP. */
  refused: 9,
  /** As `slow`, past the page cache. */
  "slow-direct": 10,
} as const;

export const HELLO = "hello\n";
export const LARGE_LENGTH = 8 * 2 ** 20 + 4097;
export const MANY = 3000;
const FIRST_OF_MANY = 1000;

export const XATTRS: ReadonlyMap<number, ReadonlyMap<string, string>> = new Map([
  [
    NODEID["hello.txt"],
    new Map([
      ["user.colour", "blue"],
      ["user.note", "größe"],
      ["user.empty", ""],
    ]),
  ],
]);

/** No two pages of it are alike. */
export function largeBytes(): Uint8Array {
  const words = new Uint32Array(Math.ceil(LARGE_LENGTH / 4));
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i, 2_654_435_761);
  return new Uint8Array(words.buffer, 0, LARGE_LENGTH);
}

export function memoryTree(): ReadonlyMap<number, MemoryNode> {
  const nodes = new Map<number, MemoryNode>();
  const many = new Map<string, number>();
  for (let i = 0; i < MANY; i++) {
    nodes.set(FIRST_OF_MANY + i, { kind: "file", bytes: Buffer.from(`${i}`) });
    many.set(`a file with the number ${i}`, FIRST_OF_MANY + i);
  }
  nodes.set(NODEID["hello.txt"], { kind: "file", bytes: Buffer.from(HELLO) });
  nodes.set(NODEID["large.bin"], { kind: "file", bytes: largeBytes() });
  nodes.set(NODEID.many, { kind: "directory", entries: many });
  nodes.set(NODEID.link, { kind: "symlink", target: "hello.txt" });
  nodes.set(NODEID.slow, { kind: "late-read", size: 6 });
  nodes.set(NODEID["slow-direct"], { kind: "late-read", size: 6, direct: true });
  nodes.set(NODEID["late-size"], { kind: "late-size" });
  nodes.set(NODEID.defective, { kind: "defective" });
  nodes.set(NODEID.refused, { kind: "refused", errno: constants.errno.EOPNOTSUPP });
  const entries = new Map<string, number>(Object.entries(NODEID));
  nodes.set(ROOT, { kind: "directory", entries });
  return nodes;
}
