import assert from "node:assert/strict";
import { constants, existsSync, readFileSync, writeFileSync } from "node:fs";
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { getSystemErrorName } from "node:util";
import h5wasm from "h5wasm/node";
import koffi from "koffi";
import { SAMPLE, writeSample } from "../support/h5wasm-file.ts";
import { type Mount, mountFile } from "../support/mount.ts";
import { needMount } from "../support/need-mount.ts";
import { removeTempDir, tempDir } from "../support/temp-dir.ts";

const libc = koffi.load(null);
const SYSCALLS = {
  setxattr: libc.func(
    "int setxattr(const char *path, const char *name, const void *value, unsigned long size, int flags)",
  ),
  removexattr: libc.func("int removexattr(const char *path, const char *name)"),
  getxattr: libc.func("long getxattr(const char *path, const char *name, _Out_ uint8_t *value, unsigned long size)"),
  listxattr: libc.func("long listxattr(const char *path, _Out_ uint8_t *list, unsigned long size)"),
  mkfifo: libc.func("int mkfifo(const char *path, unsigned int mode)"),
  lseek: libc.func("int64_t lseek(int fd, int64_t offset, int whence)"),
  ioctl: libc.func("int ioctl(int fd, unsigned long request, _Out_ uint8_t *value)"),
};

/** The name of the errno with which a call fails, which Node.js has not; "done" where it succeeds. */
function errnoOfCall(call: keyof typeof SYSCALLS, ...args: unknown[]): string {
  const result: number = SYSCALLS[call](...args);
  return result < 0 ? getSystemErrorName(-koffi.errno()) : "done";
}

async function errnoOf(operation: () => unknown): Promise<string> {
  try {
    const result = await operation();
    if (typeof result === "object" && result !== null && "close" in result) assert.fail("it was opened");
    return typeof result === "string" ? result : "done";
  } catch (error) {
    if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
    throw error;
  }
}

describe("errno of a mount", () => {
  let directory: string;
  let mount: Mount;
  const at = (name: string): string => join(mount.dir, name);

  before(async function () {
    needMount(this);
    directory = tempDir();
    const path = await writeSample(directory);
    const file = new h5wasm.File(path, "a");
    file.create_attribute(
      "long",
      Int32Array.from({ length: 12_000 }, () => 123_456),
    );
    file.create_dataset({ name: "brackets", data: new Int32Array(0), shape: [500_000_000, 0] });
    file.create_soft_link("/loop2", "loop1");
    file.create_soft_link("/loop1", "loop2");
    file.close();
    damageRamp(path);
    mount = await mountFile(path);
  });

  after(async () => {
    await mount?.unmount();
    if (directory !== undefined) removeTempDir(directory);
  });

  /** The errno, or "done", and what is tried. */
  const TABLE: readonly (readonly [string, string, () => unknown])[] = [
    ["ENOENT", "stat of a name that is not there", () => fs.stat(at("nothing"))],
    ["ENOENT", "a view that there is not", () => fs.stat(at("words.png"))],
    ["ENOENT", "a symlink that leads nowhere", () => fs.readFile(at("dangling"))],
    ["ENOENT", "a name below a group", () => fs.readFile(at("group/nothing.npy"))],
    ["ELOOP", "symlinks that lead in a circle", () => fs.readFile(at("loop1"))],
    ["ENOTDIR", "a name below a file", () => fs.stat(at("words.txt/x"))],
    ["ENOTDIR", "listing a file", () => fs.readdir(at("words.txt"))],
    ["EISDIR", "reading a directory", () => fs.readFile(at("group"))],
    ["EINVAL", "readlink of a file", () => fs.readlink(at("words.txt"))],
    ["EINVAL", "readlink of a directory", () => fs.readlink(at("group"))],
    ["ENAMETOOLONG", "a name of 256 bytes", () => fs.stat(at("x".repeat(256)))],
    ["ENOENT", "a name of 255 bytes", () => fs.stat(at("x".repeat(255)))],
    ["EIO", "opening what an external link to a missing file leads to", () => fs.open(at("external"))],
    ["done", "stat of it", () => fs.stat(at("external"))],
    ["EIO", "reading a damaged chunk", () => fs.readFile(at("group/ramp.npy"))],
    ["done", "reading beside it", () => fs.readFile(at("group/matrix.npy"))],
    ["EOVERFLOW", "a text that is too long to make", () => fs.readFile(at("brackets.json"))],
    ["EACCES", "executing", () => fs.access(at("words.txt"), constants.X_OK)],
    ["done", "F_OK and R_OK", () => fs.access(at("words.txt"), constants.R_OK)],
    [
      "ENODATA",
      "an attribute that is not there",
      () => errnoOfCall("getxattr", at("words.txt"), "user.x", Buffer.alloc(9), 9),
    ],
    [
      "ENODATA",
      "a fact that is not there",
      () => errnoOfCall("getxattr", mount.dir, "user.h5fs.x", Buffer.alloc(9), 9),
    ],
    [
      "ERANGE",
      "an attribute with too little room",
      () => errnoOfCall("getxattr", mount.dir, "user.title", Buffer.alloc(7), 7),
    ],
    [
      "done",
      "an attribute with just enough",
      () => errnoOfCall("getxattr", mount.dir, "user.title", Buffer.alloc(8), 8),
    ],
    ["done", "an attribute's length", () => errnoOfCall("getxattr", mount.dir, "user.title", null, 0)],
    [
      "E2BIG",
      "an attribute whose text is over 64 KiB",
      () => errnoOfCall("getxattr", mount.dir, "user.long", Buffer.alloc(65_536), 65_536),
    ],
    [
      "ERANGE",
      "the attributes' names with too little room",
      () => errnoOfCall("listxattr", mount.dir, Buffer.alloc(5), 5),
    ],
    ["ENXIO", "SEEK_DATA behind the end", () => seek(at("words.txt"), 1000, 3)],
    ["done", "SEEK_HOLE within", () => seek(at("words.txt"), 1, 4)],
    [
      "ENOTTY",
      "an ioctl",
      () => withFd(at("words.txt"), (fd) => errnoOfCall("ioctl", fd, 0x80086601, Buffer.alloc(8))),
    ],
    ["EROFS", "access to write", () => fs.access(at("words.txt"), constants.W_OK)],
    ["EROFS", "opening to write", () => fs.open(at("words.txt"), "r+")],
    ["EROFS", "opening to append", () => fs.open(at("words.txt"), "a")],
    ["EROFS", "opening to replace", () => fs.open(at("words.txt"), "w")],
    ["EROFS", "creating", () => fs.open(at("new"), "wx")],
    ["EROFS", "truncate", () => fs.truncate(at("words.txt"), 0)],
    ["EROFS", "mkdir", () => fs.mkdir(at("new"))],
    ["EROFS", "mkfifo", () => errnoOfCall("mkfifo", at("new"), 0o600)],
    ["EROFS", "symlink", () => fs.symlink("x", at("new"))],
    ["EROFS", "link", () => fs.link(at("words.txt"), at("new"))],
    ["EROFS", "unlink", () => fs.unlink(at("words.txt"))],
    ["EROFS", "rmdir", () => fs.rmdir(at("group"))],
    ["EROFS", "rename", () => fs.rename(at("words.txt"), at("new"))],
    ["EROFS", "chmod", () => fs.chmod(at("words.txt"), 0o644)],
    ["EROFS", "chown", () => fs.chown(at("words.txt"), 1, 1)],
    ["EROFS", "utimes", () => fs.utimes(at("words.txt"), 1, 1)],
    ["EROFS", "setxattr", () => errnoOfCall("setxattr", at("words.txt"), "user.x", Buffer.from("x"), 1, 0)],
    ["EROFS", "removexattr", () => errnoOfCall("removexattr", mount.dir, "user.title")],
    ["EEXIST", "mkdir where something is", () => fs.mkdir(at("group"))],
    ["EROFS", "a link from outside", () => fs.link(join(directory, "sample.h5"), at("new"))],
  ];

  for (const [errno, what, operation] of TABLE) {
    it(`${what}: ${errno}`, async () => assert.equal(await errnoOf(operation), errno));
  }

  it("is no other afterwards: nothing was made or changed", async () => {
    assert.equal(await fs.readFile(at("words.txt"), "utf8"), SAMPLE.words.map((word) => `${word}\n`).join(""));
    assert.equal(existsSync(at("new")), false);
    assert.equal(mount.log().match(/defect/), null);
  });
});

async function withFd<T>(path: string, use: (fd: number) => T): Promise<T> {
  const handle = await fs.open(path);
  try {
    return use(handle.fd);
  } finally {
    await handle.close();
  }
}

function seek(path: string, offset: number, whence: number): Promise<string> {
  return withFd(path, (fd) => errnoOfCall("lseek", fd, offset, whence));
}

/** The first chunk of /group/ramp: a zlib stream of level 4, the only one of its kind. */
function damageRamp(path: string): void {
  const bytes = readFileSync(path);
  const start = bytes.indexOf(Buffer.of(0x78, 0x5e));
  assert.notEqual(start, -1);
  bytes.fill(0xff, start + 20, start + 40);
  writeFileSync(path, bytes);
}
