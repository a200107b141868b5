import assert from "node:assert/strict";
import { constants } from "node:os";
import type { Request } from "../../../mount/filesystem.ts";
import { Operations } from "../../../mount/libfuse/operations.ts";
import { PendingCalls } from "../../../mount/libfuse/pending.ts";
import { MemoryFileSystem, MTIME, memoryAttributes } from "../kernel/memory-file-system.ts";
import { HELLO, LARGE_LENGTH, largeBytes, MANY, memoryTree, NODEID, XATTRS } from "../kernel/memory-tree.ts";
import { type Answered, FakeBinding, type OperationName } from "./fake-binding.ts";

describe("libfuse operations", () => {
  let fs: MemoryFileSystem;
  let pending: PendingCalls;
  let parked: Request[];
  let defects: string[];
  let call: (name: OperationName, ...args: readonly unknown[]) => readonly Answered[];

  beforeEach(() => {
    parked = [];
    defects = [];
    const events = { parked: (_: string, request: Request) => parked.push(request), interrupted: () => undefined };
    fs = new MemoryFileSystem(memoryTree(), XATTRS, events);
    pending = new PendingCalls();
    const binding = new FakeBinding();
    const { handlers } = new Operations(fs, binding, pending, {
      ready: () => defects.push("ready"),
      answered: () => undefined,
      refused: () => undefined,
      defect: (_, operation) => defects.push(operation),
    });
    call = (name, ...args) => binding.call(handlers, name, ...args);
  });

  const result = (answers: readonly Answered[]): number => {
    assert.equal(answers.length, 1);
    return answers[0]?.result ?? Number.NaN;
  };
  const extra = (answers: readonly Answered[]): unknown => answers[0]?.extra[0];
  const errno = (name: keyof typeof constants.errno): number => -constants.errno[name];
  const open = (path: string): number => {
    const answers = call("open", path, 0);
    assert.equal(result(answers), 0);
    const file = extra(answers);
    assert.ok(typeof file === "number" && file > 0);
    return file;
  };

  it("says when the kernel's INIT came", () => {
    assert.equal(result(call("init")), 0);
    assert.deepEqual(defects, ["ready"]);
  });

  it("gives struct stat as fuse-native takes it, times in milliseconds, none before 1970", () => {
    const answers = call("getattr", "/large.bin");
    assert.equal(result(answers), 0);
    const attributes = memoryAttributes(NODEID["large.bin"], { kind: "file", bytes: largeBytes() });
    const mtime = MTIME.seconds * 1000 + 987;
    const time = [mtime % 2 ** 32, Math.floor(mtime / 2 ** 32)];
    assert.deepEqual(
      [...(extra(answers) as Uint32Array)],
      [attributes.mode, 11, 12, LARGE_LENGTH, 0, 0, 1, 3, 0, 4096, attributes.blocks, 0, ...time, ...time, 0, 0],
    );
  });

  it("answers what is not there, and what is no directory, with its errno", () => {
    assert.equal(result(call("getattr", "/nothing")), errno("ENOENT"));
    assert.equal(result(call("getattr", "/hello.txt/more")), errno("ENOTDIR"));
    assert.equal(result(call("readdir", "/hello.txt")), errno("ENOTDIR"));
    assert.equal(result(call("open", "/refused", 0)), errno("EOPNOTSUPP"));
    assert.equal(result(call("readlink", "/hello.txt")), errno("EINVAL"));
    assert.equal(result(call("read", "/hello.txt", 77, Buffer.alloc(4), 4, 0, 0)), errno("EBADF"));
  });

  it("lists a directory whole, each entry with its type and number", () => {
    const answers = call("readdir", "/many");
    assert.equal(result(answers), 0);
    const [names, stats] = (answers[0]?.extra ?? []) as [string[], Uint32Array[]];
    assert.equal(names.length, MANY + 2);
    assert.deepEqual(names.slice(0, 3), [".", "..", "a file with the number 0"]);
    assert.equal(stats.length, names.length);
    assert.deepEqual([stats[2]?.[0], stats[2]?.[7]], [0o100000, 1000]);
    assert.deepEqual([...fs.openHandles], []);
  });

  it("reads, and keeps a node known while a file of it is open", () => {
    const file = open("/hello.txt");
    const buffer = Buffer.alloc(10);
    assert.equal(result(call("read", "/hello.txt", file, buffer, 10, 2, 0)), HELLO.length - 2);
    assert.equal(buffer.toString("utf8", 0, HELLO.length - 2), HELLO.slice(2));
    assert.equal(fs.lookups.get(NODEID["hello.txt"]), 1);
    for (const name of ["flush", "release"] as const) assert.equal(result(call(name, "/hello.txt", file)), 0);
    assert.equal(fs.lookups.get(NODEID["hello.txt"]), undefined);
    assert.deepEqual([...fs.openHandles], []);
    assert.equal(result(call("release", "/hello.txt", file)), errno("EBADF"));
  });

  it("remembers a path with one lookup, however often it is asked for", () => {
    for (let i = 0; i < 3; i++) call("getattr", "/hello.txt");
    assert.equal(fs.lookups.get(NODEID["hello.txt"]), 1);
    call("open", "/refused", 0);
    assert.equal(fs.lookups.get(NODEID.refused), undefined);
  });

  it("answers a parked read and a parked getattr when their answer comes, once", () => {
    const file = open("/slow");
    const buffer = Buffer.alloc(6);
    const read = call("read", "/slow", file, buffer, 6, 0, 0);
    const stat = call("getattr", "/late-size");
    assert.deepEqual([read.length, stat.length, parked.length], [0, 0, 2]);
    const [first, second] = parked.map(({ unique }) => unique);
    pending.answer({ unique: first ?? 0, bytes: Buffer.from("late") });
    pending.answer({ unique: first ?? 0, errno: constants.errno.EIO });
    assert.equal(result(read), 4);
    assert.equal(buffer.toString("utf8", 0, 4), "late");
    pending.attributes(second ?? 0, { attributes: memoryAttributes(7, { kind: "late-size" }), valid: 1 });
    assert.equal(result(stat), 0);
    assert.equal((extra(stat) as Uint32Array)[7], 7);
  });

  it("answers a parked read that failed with its errno", () => {
    const read = call("read", "/slow", open("/slow"), Buffer.alloc(6), 6, 0, 0);
    pending.answer({ unique: parked[0]?.unique ?? 0, errno: constants.errno.EIO });
    assert.equal(result(read), errno("EIO"));
  });

  it("answers a defect with EIO, tells of it, and goes on", () => {
    assert.equal(result(call("read", "/defective", open("/defective"), Buffer.alloc(4), 4, 0, 0)), errno("EIO"));
    assert.deepEqual(defects, ["read"]);
    assert.equal(result(call("getattr", "/")), 0);
  });

  it("tells the length of an extended attribute, gives the value, or says ERANGE", () => {
    const get = (name: string, size: number): readonly [number, string] => {
      const buffer = Buffer.alloc(size);
      return [result(call("getxattr", "/hello.txt", name, buffer, 0)), buffer.toString()];
    };
    assert.deepEqual(get("user.note", 0), [7, ""]);
    assert.deepEqual(get("user.note", 7), [7, "größe"]);
    assert.deepEqual(get("user.note", 6), [errno("ERANGE"), "\0".repeat(6)]);
    assert.deepEqual(get("user.empty", 0), [0, ""]);
    assert.deepEqual(get("user.none", 10), [errno("ENODATA"), "\0".repeat(10)]);
    const list = "user.colour\0user.note\0user.empty\0";
    for (const [size, expected] of [
      [0, list.length],
      [list.length, list.length],
      [list.length - 1, errno("ERANGE")],
    ] as const) {
      const buffer = Buffer.alloc(size);
      assert.equal(result(call("listxattr", "/hello.txt", buffer)), expected);
      if (size === list.length) assert.equal(buffer.toString(), list);
    }
  });

  it("tells a file system that is too large for 32-bit counts in larger blocks", () => {
    const statistics = { blocks: 2 ** 33 + 1, bfree: 0, bavail: 0, files: 0, ffree: 0, bsize: 4096, namelen: 255 };
    fs.statfs = () => ({ ...statistics, frsize: 4096 });
    const answers = call("statfs", "/");
    assert.equal(result(answers), 0);
    const [bsize, frsize, blocks] = extra(answers) as Uint32Array;
    assert.deepEqual([bsize, frsize, blocks], [16384, 16384, 2 ** 31 + 1]);
  });
});
