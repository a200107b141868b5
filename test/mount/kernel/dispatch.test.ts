import assert from "node:assert/strict";
import { constants } from "node:os";
import { OPCODE } from "../../../mount/kernel/opcode.ts";
import { NotFoundError, UnsupportedError } from "../../../src/errors.ts";
import { Harness, UnheardReplier } from "./dispatch-harness.ts";
import { body, type KernelReply, parseDirents, type RequestFields } from "./kernel-request.ts";
import { MemoryFileSystem } from "./memory-file-system.ts";
import { HELLO, MANY, memoryTree, NODEID, XATTRS } from "./memory-tree.ts";

const { errno: E } = constants;
const HELLO_ID = NODEID["hello.txt"];

describe("dispatching of requests", () => {
  let harness: Harness;

  beforeEach(() => {
    harness = new Harness();
  });

  afterEach(() => {
    harness.close();
  });

  const failure = (fields: RequestFields): number => {
    const { errno, body: rest } = harness.ask(fields);
    assert.equal(rest.length, 0, "a failure has no body");
    return errno;
  };

  const open = (nodeid: number): bigint =>
    harness.ask({ opcode: OPCODE.OPEN, nodeid, body: body(0, 0) }).body.readBigUInt64LE(0);

  it("keeps changes until they can be made, and answers all else meanwhile", () => {
    const made: number[] = [];
    let areHeld = true;
    const held = new Harness(undefined, (events) => {
      const fileSystem = new MemoryFileSystem(memoryTree(), XATTRS, events);
      const rmdir = (_: unknown, parent: number): void => void made.push(parent);
      return Object.defineProperty(fileSystem, "changes", {
        value: {
          rmdir,
          settle: () => undefined,
          isChanged: (handle: number) => handle === 7,
          get areHeld() {
            return areHeld;
          },
        },
      });
    });
    held.tell({ opcode: OPCODE.RMDIR, nodeid: 1, unique: 10, body: body("one") });
    held.tell({ opcode: OPCODE.FLUSH, nodeid: 1, unique: 11, body: body(7n) });
    held.tell({ opcode: OPCODE.RMDIR, nodeid: 2, unique: 12, body: body("two") });
    assert.equal(held.ask({ opcode: OPCODE.LOOKUP, body: body("hello.txt") }).errno, 0);
    assert.equal(held.ask({ opcode: OPCODE.FLUSH, body: body(8n) }).errno, 0);
    held.dispatcher.resume();
    assert.deepEqual([made, held.replies()], [[], []]);
    areHeld = false;
    held.dispatcher.resume();
    assert.deepEqual(made, [1, 2]);
    assert.deepEqual(
      held.replies().map(({ unique, errno }) => [Number(unique), errno]),
      [
        [10, 0],
        [11, 0],
        [12, 0],
      ],
    );
    held.close();
  });

  describe("of names and attributes", () => {
    it("answers LOOKUP with struct fuse_entry_out", () => {
      const reply = harness.ask({ opcode: OPCODE.LOOKUP, body: body("hello.txt") });
      assert.equal(reply.errno, 0);
      assert.equal(reply.body.length, 128);
      assert.equal(Number(reply.body.readBigUInt64LE(0)), HELLO_ID);
      assert.equal(Number(reply.body.readBigUInt64LE(48)), HELLO.length);
      assert.equal(harness.fileSystem.lookups.get(HELLO_ID), 1);
    });

    it("answers LOOKUP with ENOENT, ENOTDIR and ESTALE", () => {
      assert.equal(failure({ opcode: OPCODE.LOOKUP, body: body("nothing") }), E.ENOENT);
      assert.equal(failure({ opcode: OPCODE.LOOKUP, nodeid: HELLO_ID, body: body("x") }), E.ENOTDIR);
      assert.equal(failure({ opcode: OPCODE.LOOKUP, nodeid: 77, body: body("x") }), E.ESTALE);
      assert.deepEqual(harness.defects, []);
    });

    it("takes back the lookup count where the reply is not delivered", () => {
      const unheard = new Harness((fd) => new UnheardReplier(fd));
      unheard.tell({ opcode: OPCODE.LOOKUP, body: body("hello.txt") });
      unheard.tell({ opcode: OPCODE.READDIRPLUS, body: body(0n, 0n, 4096, 0, 0n, 0, 0) });
      assert.deepEqual([...unheard.fileSystem.lookups], []);
      unheard.close();
    });

    it("takes back the handle of an OPEN and OPENDIR that nobody hears of", () => {
      const unheard = new Harness((fd) => new UnheardReplier(fd));
      unheard.tell({ opcode: OPCODE.OPEN, nodeid: HELLO_ID, body: body(0, 0) });
      unheard.tell({ opcode: OPCODE.OPENDIR, body: body(0, 0) });
      assert.equal(unheard.fileSystem.openHandles.size, 0);
      unheard.close();
    });

    it("counts FORGET and BATCH_FORGET, and answers neither", () => {
      for (let i = 0; i < 5; i++) harness.ask({ opcode: OPCODE.LOOKUP, body: body("hello.txt") });
      harness.ask({ opcode: OPCODE.LOOKUP, body: body("many") });
      harness.tell({ opcode: OPCODE.FORGET, nodeid: HELLO_ID, body: body(2n) });
      assert.equal(harness.fileSystem.lookups.get(HELLO_ID), 3);
      harness.tell({
        opcode: OPCODE.BATCH_FORGET,
        body: body(2, 0, BigInt(HELLO_ID), 3n, BigInt(NODEID.many), 1n),
      });
      assert.deepEqual([...harness.fileSystem.lookups], []);
    });

    it("answers GETATTR with struct fuse_attr_out and STATX with struct fuse_statx_out", () => {
      const attributes = harness.ask({ opcode: OPCODE.GETATTR, nodeid: HELLO_ID, body: body(0, 0, 0n) }).body;
      assert.equal(attributes.length, 104);
      assert.equal(Number(attributes.readBigUInt64LE(24)), HELLO.length);
      const statx = harness.ask({ opcode: OPCODE.STATX, nodeid: HELLO_ID, body: body(0, 0, 0n, 0, 0xfff) }).body;
      assert.equal(statx.length, 288);
      assert.equal(Number(statx.readBigUInt64LE(32 + 40)), HELLO.length);
    });

    it("answers a parked GETATTR and a parked STATX each in its form", () => {
      const nodeid = NODEID["late-size"];
      harness.tell({ opcode: OPCODE.GETATTR, unique: 20, nodeid, body: body(0, 0, 0n) });
      harness.tell({ opcode: OPCODE.STATX, unique: 22, nodeid, body: body(0, 0, 0n, 0, 0xfff) });
      const time = { seconds: 0, nanoseconds: 0 };
      const times = { atime: time, mtime: time, ctime: time };
      const attributes = {
        ...times,
        ino: 7,
        size: 5,
        blocks: 1,
        mode: 0o100444,
        nlink: 1,
        uid: 0,
        gid: 0,
        rdev: 0,
        blksize: 512,
      };
      for (const { unique } of harness.parked) harness.replier.attributes(unique, { attributes, valid: 1 });
      const sizes = harness.replies().map((reply) => [reply.unique, reply.body.length]);
      assert.deepEqual(sizes, [
        [20, 104],
        [22, 288],
      ]);
    });

    it("answers READLINK, STATFS and ACCESS", () => {
      assert.equal(harness.ask({ opcode: OPCODE.READLINK, nodeid: NODEID.link }).body.toString(), "hello.txt");
      assert.equal(failure({ opcode: OPCODE.READLINK, nodeid: HELLO_ID }), E.EINVAL);
      const statistics = harness.ask({ opcode: OPCODE.STATFS }).body;
      assert.equal(statistics.length, 80);
      assert.equal(statistics.readBigUInt64LE(0), 1234n);
      assert.equal(harness.ask({ opcode: OPCODE.ACCESS, body: body(4, 0) }).errno, 0);
    });
  });

  describe("of data", () => {
    it("answers OPEN, READ, LSEEK, FLUSH, FSYNC and RELEASE", () => {
      const handle = open(HELLO_ID);
      const read = (offset: bigint, size: number): string =>
        harness
          .ask({ opcode: OPCODE.READ, nodeid: HELLO_ID, body: body(handle, offset, size, 0, 0n, 0, 0) })
          .body.toString();
      assert.equal(read(0n, 4096), HELLO);
      assert.equal(read(2n, 3), HELLO.slice(2, 5));
      assert.equal(read(4096n, 4096), "");
      // pread(2) of a file without page cache passes on any offset.
      assert.equal(read(2n ** 62n, 4096), "");
      const seek = harness.ask({ opcode: OPCODE.LSEEK, nodeid: HELLO_ID, body: body(handle, 2n, 4, 0) });
      assert.equal(seek.body.readBigUInt64LE(0), BigInt(HELLO.length));
      assert.equal(failure({ opcode: OPCODE.LSEEK, nodeid: HELLO_ID, body: body(handle, 99n, 3, 0) }), E.ENXIO);
      assert.equal(harness.ask({ opcode: OPCODE.FLUSH, nodeid: HELLO_ID, body: body(handle, 0, 0, 0n) }).errno, 0);
      assert.equal(harness.ask({ opcode: OPCODE.FSYNC, nodeid: HELLO_ID, body: body(handle, 1, 0) }).errno, 0);
      assert.equal(harness.ask({ opcode: OPCODE.RELEASE, nodeid: HELLO_ID, body: body(handle, 0, 0, 0n) }).errno, 0);
      assert.equal(harness.fileSystem.openHandles.size, 0);
    });

    it("sends large data, and data of more parts than writev takes", () => {
      const parts = Array.from({ length: 3000 }, (_, i) => Buffer.alloc(100, i));
      assert.ok(harness.replier.data(2, parts));
      assert.ok(harness.replier.data(4, [Buffer.alloc(2 ** 20, 1), Buffer.alloc(0), Buffer.alloc(5, 2)]));
      const [first, second] = harness.replies();
      assert.deepEqual(first?.body, Buffer.concat(parts));
      assert.equal(second?.body.length, 2 ** 20 + 5);
    });

    it("passes on the errno of an OPEN that is refused", () => {
      assert.equal(failure({ opcode: OPCODE.OPEN, nodeid: NODEID.refused, body: body(0, 0) }), E.EOPNOTSUPP);
    });

    it("answers a defect with EIO, tells of it, and goes on", () => {
      const handle = open(NODEID.defective);
      const read = { opcode: OPCODE.READ, nodeid: NODEID.defective, body: body(handle, 0n, 10, 0, 0n, 0, 0) };
      assert.equal(failure(read), E.EIO);
      assert.deepEqual(harness.defects, ["READ: a defective was read"]);
      assert.equal(harness.ask({ opcode: OPCODE.STATFS }).errno, 0);
    });

    it("leaves a parked READ unanswered, and hands on INTERRUPT", () => {
      const handle = open(NODEID.slow);
      harness.tell({ opcode: OPCODE.READ, unique: 8, nodeid: NODEID.slow, body: body(handle, 0n, 10, 0, 0n, 0, 0) });
      assert.deepEqual(harness.parked, [{ unique: 8, uid: 1000, gid: 1001, pid: 4242 }]);
      harness.tell({ opcode: OPCODE.INTERRUPT, unique: 9, body: body(8n) });
      assert.deepEqual(harness.interrupted, [8]);
    });
  });

  describe("of directories", () => {
    const list = (opcode: number, size: number, nodeid: number): ReturnType<typeof parseDirents> => {
      const handle = harness.ask({ opcode: OPCODE.OPENDIR, nodeid, body: body(0, 0) }).body.readBigUInt64LE(0);
      const all: ReturnType<typeof parseDirents> = [];
      for (;;) {
        const offset = BigInt(all.at(-1)?.offset ?? 0);
        const reply = harness.ask({ opcode, nodeid, body: body(handle, offset, size, 0, 0n, 0, 0) });
        assert.ok(reply.body.length <= size);
        if (reply.body.length === 0) break;
        all.push(...parseDirents(reply.body, opcode === OPCODE.READDIRPLUS));
      }
      assert.equal(harness.ask({ opcode: OPCODE.RELEASEDIR, nodeid, body: body(handle, 0, 0, 0n) }).errno, 0);
      return all;
    };

    it("gives each entry once, whatever fits into a reply", () => {
      for (const opcode of [OPCODE.READDIR, OPCODE.READDIRPLUS]) {
        for (const size of [300, 4096, 2 ** 20]) {
          const names = list(opcode, size, NODEID.many).map(({ name }) => name);
          assert.equal(names.length, MANY + 2);
          assert.equal(new Set(names).size, MANY + 2);
        }
      }
    });

    it("raises the lookup count of what READDIRPLUS gives, and of nothing else", () => {
      list(OPCODE.READDIR, 4096, 1);
      assert.equal(harness.fileSystem.lookups.size, 0);
      const entries = list(OPCODE.READDIRPLUS, 512, 1);
      for (const { name, nodeid, ino } of entries) {
        const known = ![".", "..", "late-size"].includes(name);
        assert.equal(nodeid, known ? ino : 0, name);
        if (known) assert.equal(harness.fileSystem.lookups.get(ino), 1, name);
      }
    });

    it("refuses a reply size that holds no entry, instead of showing an empty directory", () => {
      assert.equal(failure({ opcode: OPCODE.READDIR, body: body(0n, 0n, 24, 0, 0n, 0, 0) }), E.EINVAL);
    });

    it("lists what cannot be looked up, and takes back all counts where a defect ends the listing", () => {
      class Broken extends MemoryFileSystem {
        error: Error = new UnsupportedError("cannot be read");
        override *readdir(...args: Parameters<MemoryFileSystem["readdir"]>): ReturnType<MemoryFileSystem["readdir"]> {
          for (const entry of super.readdir(...args)) {
            const lookup = (): never => {
              throw this.error;
            };
            yield entry.ino === NODEID.many ? { ...entry, lookup } : entry;
          }
        }
      }
      let broken: Broken | undefined;
      const other = new Harness(undefined, (events) => {
        broken = new Broken(memoryTree(), XATTRS, events);
        return broken;
      });
      const request = { opcode: OPCODE.READDIRPLUS, body: body(0n, 0n, 65536, 0, 0n, 0, 0) };
      const entry = parseDirents(other.ask(request).body, true).find(({ name }) => name === "many");
      assert.equal(entry?.nodeid, 0);
      const counted = [...other.fileSystem.lookups];
      assert.ok(counted.length > 0);
      if (broken !== undefined) broken.error = new TypeError("a defect");
      assert.equal(other.ask(request).errno, E.EIO);
      assert.deepEqual([...other.fileSystem.lookups], counted);
      assert.deepEqual(other.defects, ["READDIRPLUS: a defect"]);
      other.close();
    });

    it("answers FSYNCDIR", () => {
      assert.equal(harness.ask({ opcode: OPCODE.FSYNCDIR, body: body(0n, 0, 0) }).errno, 0);
    });
  });

  describe("of extended attributes", () => {
    const get = (name: string, size: number): KernelReply =>
      harness.ask({ opcode: OPCODE.GETXATTR, nodeid: HELLO_ID, body: body(size, 0, name) });
    const value = Buffer.from("größe");

    it("tells the length, gives the value, or says ERANGE", () => {
      assert.equal(get("user.note", 0).body.readUInt32LE(0), value.length);
      assert.deepEqual(get("user.note", value.length).body, value);
      assert.equal(get("user.note", value.length - 1).errno, E.ERANGE);
      assert.equal(get("user.empty", 10).body.length, 0);
      assert.equal(get("user.none", 10).errno, E.ENODATA);
    });

    it("lists names, each with its NUL", () => {
      const list = (size: number): KernelReply =>
        harness.ask({ opcode: OPCODE.LISTXATTR, nodeid: HELLO_ID, body: body(size, 0) });
      const names = "user.colour\0user.note\0user.empty\0";
      assert.equal(list(0).body.readUInt32LE(0), names.length);
      assert.equal(list(names.length).body.toString(), names);
      assert.equal(list(names.length - 1).errno, E.ERANGE);
    });

    it("says ENODATA, not ENOENT, of an attribute that the engine does not find", () => {
      class Without extends MemoryFileSystem {
        override getxattr(): Uint8Array {
          throw new NotFoundError("no such attribute");
        }
      }
      const other = new Harness(undefined, (events) => new Without(memoryTree(), XATTRS, events));
      const request = { opcode: OPCODE.GETXATTR, nodeid: HELLO_ID, body: body(0, 0, "user.x") };
      assert.equal(other.ask(request).errno, E.ENODATA);
      other.close();
    });
  });

  describe("of what a read-only file system does not do", () => {
    const EXPECTED: Readonly<Record<string, number>> = {
      SETATTR: E.EROFS,
      SYMLINK: E.EROFS,
      MKNOD: E.EROFS,
      MKDIR: E.EROFS,
      UNLINK: E.EROFS,
      RMDIR: E.EROFS,
      RENAME: E.EROFS,
      RENAME2: E.EROFS,
      LINK: E.EROFS,
      WRITE: E.EROFS,
      CREATE: E.EROFS,
      TMPFILE: E.EROFS,
      FALLOCATE: E.EROFS,
      SETXATTR: E.EROFS,
      REMOVEXATTR: E.EROFS,
      COPY_FILE_RANGE: E.EROFS,
      COPY_FILE_RANGE_64: E.EROFS,
      IOCTL: E.ENOTTY,
      GETLK: E.ENOSYS,
      SETLK: E.ENOSYS,
      SETLKW: E.ENOSYS,
      POLL: E.ENOSYS,
      BMAP: E.ENOSYS,
      SETUPMAPPING: E.ENOSYS,
      REMOVEMAPPING: E.ENOSYS,
      SYNCFS: 0,
    };

    for (const [name, opcode] of Object.entries(OPCODE)) {
      const expected = EXPECTED[name];
      if (expected === undefined) continue;
      it(`answers ${name} with errno ${expected}`, () => {
        assert.equal(failure({ opcode, body: Buffer.alloc(64) }), expected);
        assert.deepEqual(harness.defects, []);
      });
    }

    it("knows every opcode of the protocol", () => {
      const silent = ["FORGET", "BATCH_FORGET", "INTERRUPT", "NOTIFY_REPLY"];
      for (const [name, opcode] of Object.entries(OPCODE)) {
        if (name in EXPECTED || silent.includes(name) || name === "INIT") continue;
        assert.notEqual(harness.ask({ opcode, body: Buffer.alloc(64) }).errno, E.ENOSYS, name);
      }
    });

    it("answers opcodes of the future with ENOSYS, and nothing to NOTIFY_REPLY", () => {
      assert.equal(failure({ opcode: 4000 }), E.ENOSYS);
      harness.tell({ opcode: OPCODE.NOTIFY_REPLY, body: Buffer.alloc(40) });
    });
  });

  describe("of damaged requests", () => {
    it("answers each with an error, whatever is cut off, and goes on", () => {
      const silent: number[] = [OPCODE.FORGET, OPCODE.BATCH_FORGET, OPCODE.INTERRUPT, OPCODE.NOTIFY_REPLY];
      for (const opcode of Object.values(OPCODE)) {
        if (opcode === OPCODE.INIT || opcode === OPCODE.DESTROY) continue;
        for (let length = 0; length < 40; length += 4) {
          const request = { opcode, nodeid: HELLO_ID, body: Buffer.alloc(length, 0xff) };
          if (silent.includes(opcode)) harness.tell(request);
          else harness.ask(request);
        }
      }
      assert.equal(harness.ask({ opcode: OPCODE.STATFS }).errno, 0);
    });

    it("refuses a name that does not end", () => {
      assert.equal(failure({ opcode: OPCODE.LOOKUP, body: Buffer.from("endless") }), E.EINVAL);
    });
  });

  describe("of the end", () => {
    it("ends at DESTROY, and tells the file system once", () => {
      assert.equal(harness.ask({ opcode: OPCODE.DESTROY }).errno, 0);
      harness.dispatcher.end();
      assert.equal(harness.fileSystem.destroyed, 1);
    });

    it("tells the file system where there was no DESTROY", () => {
      harness.dispatcher.end();
      assert.equal(harness.fileSystem.destroyed, 1);
    });
  });
});
