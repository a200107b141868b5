import assert from "node:assert/strict";
import { Errno, ErrnoError } from "../../mount/errno.ts";
import { type AttributesReply, PARKED } from "../../mount/filesystem.ts";
import type { Job, Rendered, RenderJob } from "../../mount/job.ts";
import { type MountStatus, STATUS_ATTRIBUTE } from "../../mount/mount-status.ts";
import { ROOT_ID } from "../../mount/node-table.ts";
import { Parking, ParkingSlots } from "../../mount/parking.ts";
import { UNCHANGING } from "../../mount/read-states.ts";
import { Session } from "../../mount/session.ts";
import { H5File } from "../../src/object/file.ts";
import { Tree } from "../../src/tree/tree.ts";
import { SAMPLE, writeSample } from "../support/h5wasm-file.ts";
import { removeTempDir, tempDir } from "../support/temp-dir.ts";
import { FACTS } from "./facts.ts";

const S_IFMT = 0o170000;

/** As if each element had one byte of text. */
function resultOf({ key, first, count, isBlock, keep, attempt }: RenderJob): Rendered {
  const range = { first, count, isBlock, keep, attempt };
  return { key, range, blocks: [{ count, length: count, bytes: undefined }], error: undefined };
}

/** The file system of a mount, without a mount: what it gives to workers and the kernel is kept. */
describe("a session", () => {
  let directory: string;
  let file: H5File;
  let session: Session;
  let slots: ParkingSlots;
  let jobs: Job[];
  let errnos: [number, number][];
  let sizes: [number, AttributesReply][];
  let problems: string[];
  let unique = 2;

  before(async () => {
    directory = tempDir();
    file = H5File.open(await writeSample(directory));
  });

  after(() => {
    file?.close();
    removeTempDir(directory);
  });

  beforeEach(() => {
    [jobs, errnos, sizes, problems] = [[], [], [], []];
    slots = new ParkingSlots();
    session = new Session({
      tree: new Tree(file),
      states: UNCHANGING,
      facts: FACTS,
      parking: new Parking(slots),
      replier: {
        data: () => assert.fail("data"),
        attributes: (request, reply) => sizes.push([request, reply]),
        errno: (request, errno) => errnos.push([request, errno]),
        failure: () => assert.fail("failure"),
      },
      cacheBytes: 2 ** 20,
      codecs: "portable",
      workerCount: 1,
      post: (job) => jobs.push(job),
      unreadable: (path, problem) => problems.push(`${path}: ${problem}`),
      indexes: undefined,
      log: () => undefined,
      status: () => ({ pid: 1, uid: 2, file: "/f", since: "then", requests: 3 }),
    });
  });

  const request = () => {
    unique += 2;
    return { unique, uid: 0, gid: 0, pid: 1 };
  };
  const lookup = (parent: number, name: string) => session.lookup(request(), parent, Buffer.from(name));
  const fails = (errno: number, operation: () => unknown): void =>
    assert.throws(operation, (error) => error instanceof ErrnoError && error.errno === errno);

  it("knows a node by its nodeid until each lookup is forgotten", () => {
    const group = lookup(ROOT_ID, "group");
    assert.equal(lookup(ROOT_ID, "group").nodeid, group.nodeid);
    session.forget(group.nodeid, 1);
    assert.equal(lookup(group.nodeid, "ramp.npy").attributes.mode & S_IFMT, 0o100000);
    session.forget(group.nodeid, 1);
    fails(Errno.ESTALE, () => session.getattr(request(), group.nodeid));
    assert.notEqual(lookup(ROOT_ID, "group").nodeid, group.nodeid, "a nodeid is not used again");
  });

  it("keeps nothing of a part of a text that the kernel has forgotten, all of a whole one", () => {
    const group = lookup(ROOT_ID, "group").nodeid;
    const progress = (name: string): string => {
      const value = session.getxattr(request(), lookup(group, name).nodeid, Buffer.from("user.h5fs.progress"));
      return Buffer.from(value).toString();
    };
    for (const [name, isPart] of [
      ["ramp[0:4999].csv", true],
      ["ramp.csv", false],
    ] as const) {
      jobs.length = 0;
      const node = lookup(group, name);
      const asked = request();
      assert.equal(session.getattr(asked, node.nodeid), PARKED);
      const results = jobs.flatMap((job) => (job.kind === "render" ? [resultOf(job)] : []));
      assert.ok(results.length > 0);
      for (const result of results) session.rendered(result);
      session.interrupt(asked.unique);
      assert.equal(progress(name), "done");
      session.forget(node.nodeid, 2);
      if (isPart) fails(Errno.ENODATA, () => progress(name));
      else assert.equal(progress(name), "done");
      // What a worker was still at is nobody's.
      if (isPart) for (const result of results) session.rendered(result);
    }
  });

  it("never forgets the root", () => {
    session.forget(ROOT_ID, 1000);
    assert.notEqual(session.getattr(request(), ROOT_ID), PARKED);
  });

  it("gives one nodeid to one file by all its names, and one to each view", () => {
    const group = lookup(ROOT_ID, "group").nodeid;
    const [one, two] = [lookup(ROOT_ID, "hard.npy"), lookup(group, "ramp.npy")];
    assert.equal(one.nodeid, two.nodeid);
    assert.equal(one.attributes.nlink, 2);
    const other = lookup(group, "ramp.bin");
    assert.notEqual(other.nodeid, one.nodeid);
    assert.notEqual(other.attributes.ino, one.attributes.ino);
  });

  it("takes owner and permissions from the mount", () => {
    const { attributes } = lookup(ROOT_ID, "words.txt");
    assert.deepEqual([attributes.mode, attributes.uid, attributes.gid], [0o100440, 7, 8]);
    assert.equal(lookup(ROOT_ID, "group").attributes.mode, 0o040550);
    assert.equal(lookup(ROOT_ID, "soft.npy").attributes.mode, 0o120777);
  });

  it("gives a READ that must be decoded to a worker, and answers the next one itself", () => {
    const { nodeid } = lookup(lookup(ROOT_ID, "group").nodeid, "ramp.bin");
    const target = new Uint8Array(16);
    const first = request();
    assert.equal(session.read(first, nodeid, 0, 8, target), PARKED);
    const [job] = jobs;
    assert.ok(job?.kind === "read");
    assert.equal(job.unique, first.unique);
    assert.equal(session.read(request(), nodeid, 0, 2 ** 40, target), 0, "behind the end nothing is to be decoded");
    assert.equal(jobs.length, 1);
  });

  it("reads a view's header and what is stored without chunks at once", () => {
    const { nodeid } = lookup(ROOT_ID, "scalar.npy");
    const target = Buffer.alloc(1000);
    const length = session.read(request(), nodeid, 0, 0, target);
    assert.ok(typeof length === "number");
    assert.equal(target.readInt16LE(128), 42, "after the header");
    assert.equal(target.toString("latin1", 1, 6), "NUMPY");
    assert.deepEqual(jobs, []);
  });

  it("answers EINTR once to a parked request that is interrupted, and to no other", () => {
    const { nodeid } = lookup(lookup(ROOT_ID, "group").nodeid, "matrix.bin");
    const parked = request();
    assert.equal(session.read(parked, nodeid, 0, 0, new Uint8Array(16)), PARKED);
    session.interrupt(parked.unique);
    session.interrupt(parked.unique);
    session.interrupt(parked.unique + 1000);
    assert.deepEqual(errnos, [[parked.unique, Errno.EINTR]]);
    const [job] = jobs;
    assert.ok(job?.kind === "read");
    assert.equal(slots.isCancelled(job.slot), true, "the worker is told");
  });

  it("tells of what cannot be opened", () => {
    const { nodeid } = lookup(ROOT_ID, "external");
    assert.throws(() => session.open(request(), nodeid, 0), { name: "UnsupportedError" });
    assert.match(problems.join(), /^\/external: .*links to x in another file/);
  });

  it("opens to read alone", () => {
    const { nodeid } = lookup(ROOT_ID, "scalar.npy");
    for (const flags of [1, 2]) fails(Errno.EROFS, () => session.open(request(), nodeid, flags));
    assert.equal(session.open(request(), nodeid, 0).flags & 2, 2, "the kernel may keep what it has read");
  });

  it("lists a directory with its entries' nodes, and looks up each that the kernel takes", () => {
    const { handle } = session.opendir(request(), ROOT_ID);
    const entries = [...session.readdir(request(), ROOT_ID, handle, 0)];
    const names = entries.map(({ name }) => Buffer.from(name).toString());
    assert.deepEqual(names.slice(0, 2), [".", ".."]);
    assert.equal(entries[0]?.lookup(), undefined);
    const index = names.indexOf("hard.npy");
    const entry = entries[index]?.lookup();
    assert.equal(entry?.nodeid, lookup(ROOT_ID, "hard.npy").nodeid);
    assert.equal(entry?.attributes.ino, entries[index]?.ino);
    session.releasedir(request(), ROOT_ID, handle);
  });

  it("answers misuse by errno", () => {
    const words = lookup(ROOT_ID, "words.txt").nodeid;
    fails(Errno.ENOENT, () => lookup(ROOT_ID, "nothing"));
    fails(Errno.ENOTDIR, () => lookup(words, "x"));
    fails(Errno.ENOTDIR, () => session.opendir(request(), words));
    fails(Errno.ENAMETOOLONG, () => lookup(ROOT_ID, "x".repeat(256)));
    fails(Errno.ESTALE, () => session.getattr(request(), 4711));
    fails(Errno.EISDIR, () => session.read(request(), ROOT_ID, 0, 0, new Uint8Array(1)));
    fails(Errno.EINVAL, () => session.readlink(request(), words));
    fails(Errno.EINVAL, () => session.lseek(request(), words, 0, 0, 9));
    fails(Errno.ENXIO, () => session.lseek(request(), lookup(ROOT_ID, "scalar.npy").nodeid, 0, 1e6, 3));
    fails(Errno.ENODATA, () => session.getxattr(request(), words, Buffer.from("user.none")));
    // ls asks each file for these two, cp -a for the first, unless it hears that the file system has none.
    for (const name of ["security.selinux", "system.posix_acl_access"]) {
      fails(Errno.EOPNOTSUPP, () => session.getxattr(request(), words, Buffer.from(name)));
    }
    fails(Errno.EROFS, () => session.access(request(), words, 2));
    fails(Errno.EACCES, () => session.access(request(), words, 1));
    session.access(request(), ROOT_ID, 1);
  });

  it("has attributes of the file, and its own that are not listed", () => {
    const names = session.listxattr(request(), ROOT_ID).map((name) => Buffer.from(name).toString());
    assert.deepEqual(names, ["user.title"]);
    const status: MountStatus = JSON.parse(
      Buffer.from(session.getxattr(request(), ROOT_ID, Buffer.from(STATUS_ATTRIBUTE))).toString(),
    );
    const cache = { bytes: 0, limit: 2 ** 20 };
    assert.deepEqual(status, { pid: 1, uid: 2, file: "/f", since: "then", requests: 3, cache });
  });

  it("knows at once the size of what is stored, and of a text that is cheap to make", () => {
    for (const [name, size] of [
      ["hard.bin", SAMPLE.ramp.byteLength],
      ["words.txt", Buffer.byteLength(SAMPLE.words.join("\n")) + 1],
    ] as const) {
      const reply = session.getattr(request(), lookup(ROOT_ID, name).nodeid);
      assert.ok(reply !== PARKED);
      assert.equal(reply.attributes.size, size, name);
    }
    assert.deepEqual(sizes, []);
  });
});
