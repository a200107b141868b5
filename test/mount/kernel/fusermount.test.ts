import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mountEntry } from "../../../mount/kernel/mount-table.ts";
import { clearMount, mountedType } from "../../support/mount.ts";
import { needMount } from "../../support/need-mount.ts";
import { notRun } from "../../support/not-run.ts";
import { hasCommand, run } from "../../support/run.ts";
import { removeTempDir, tempDir } from "../../support/temp-dir.ts";
import { HELLO } from "./memory-tree.ts";

const NOBODY = 65534;
const SERVER = fileURLToPath(new URL("./user-server.js", import.meta.url));

/** Mounts as an ordinary user: as `nobody` where the tests run as root, else as whoever runs them. */
describe("mounting by fusermount3", () => {
  const isRoot = process.getuid?.() === 0;
  const identity = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  let mode: number | undefined;
  let parent: string;
  let directory: string;

  before(async function () {
    needMount(this);
    if (!(await hasCommand("fusermount3"))) notRun(this, "fusermount3 (package fuse3) is not installed", "excused");
    if (isRoot) {
      const readable = await asUser("test", ["-r", SERVER]);
      if (readable.status !== 0) notRun(this, `${SERVER} may not be read by others than root`, "excused");
      // As distributions have it.
      mode = statSync("/dev/fuse").mode;
      chmodSync("/dev/fuse", 0o666);
    }
  });

  after(() => {
    if (mode !== undefined) chmodSync("/dev/fuse", mode & 0o777);
  });

  beforeEach(() => {
    parent = tempDir();
    chmodSync(parent, 0o755);
    directory = join(parent, "mount point, with \\ and é");
    mkdirSync(directory);
    if (isRoot) chownSync(directory, NOBODY, NOBODY);
  });

  afterEach(() => {
    clearMount(directory);
    removeTempDir(parent);
  });

  /** Runs a program as the user. */
  async function asUser(command: string, args: readonly string[]): ReturnType<typeof run> {
    if (!isRoot) return await run(command, args);
    return await run("setpriv", [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "--", command, ...args]);
  }

  function start(...options: string[]): ChildProcess {
    return spawn(process.execPath, [SERVER, "a source, with \\ and é", directory, ...options], {
      ...identity,
      cwd: "/",
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  it("mounts, serves and ends with an unmount by the user", async () => {
    const server = start("ro");
    const [said] = await once(server.stdout ?? assert.fail("no output"), "data");
    assert.equal(String(said), "ready\n");
    const entry = mountEntry(directory);
    assert.equal(entry?.type, "fuse.h5fs");
    assert.equal(entry?.source, "a source, with \\ and é");
    assert.equal((await asUser("cat", [join(directory, "hello.txt")])).stdout.toString(), HELLO);
    if (isRoot) assert.notEqual((await run("cat", [join(directory, "hello.txt")])).status, 0, "others may not look");
    const ended = once(server, "exit");
    const { status, stderr } = await asUser("fusermount3", ["-u", directory]);
    assert.equal(status, 0, stderr);
    assert.deepEqual(await ended, [0, null]);
    assert.equal(mountedType(directory), undefined);
  });

  it("unmounts by itself", async () => {
    const server = start("ro");
    await once(server.stdout ?? assert.fail("no output"), "data");
    const ended = once(server, "exit");
    server.kill("SIGTERM");
    assert.deepEqual(await ended, [0, null]);
    assert.equal(mountedType(directory), undefined);
  });

  const fails = async (server: ChildProcess, message: RegExp): Promise<void> => {
    let errors = "";
    server.stderr?.on("data", (text) => {
      errors += String(text);
    });
    assert.deepEqual(await once(server, "close"), [24, null], errors);
    assert.match(errors, message);
    assert.equal(mountedType(directory), undefined);
  };

  it("passes on what fusermount3 says, with advice", async function () {
    if (!isRoot) notRun(this, "only root can make a directory that is somebody else's", "excused");
    await fails(start("ro", "allow_other"), /mounting at .* failed: fusermount3: .*user_allow_other.* \(put the line/);
    chownSync(directory, 0, 0);
    await fails(start("ro"), /mounting at .* failed: fusermount3: user has no write access to mountpoint/);
  });

  it("says what to do where /dev/fuse is root's own", async function () {
    if (!isRoot) notRun(this, "only root can take /dev/fuse away", "excused");
    chmodSync("/dev/fuse", 0o600);
    try {
      await fails(start("ro"), /failed to open \/dev\/fuse: Permission denied \(make it usable, as root/);
    } finally {
      chmodSync("/dev/fuse", 0o666);
    }
  });
});
