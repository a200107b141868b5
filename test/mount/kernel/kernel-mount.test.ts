import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mountKernel, raiseReadAhead, unmount } from "../../../mount/kernel/mount.ts";
import { mountEntry } from "../../../mount/kernel/mount-table.ts";
import { Replier } from "../../../mount/kernel/replier.ts";
import { mountState } from "../../../mount/mount-state.ts";
import { getExtendedAttribute } from "../../../mount/native.ts";
import { CommandError } from "../../../src/cli/exit-status.ts";
import { clearMount, mountedType } from "../../support/mount.ts";
import { needMount } from "../../support/need-mount.ts";
import { notRun } from "../../support/not-run.ts";
import { hasCommand, output, run } from "../../support/run.ts";
import { removeTempDir, tempDir } from "../../support/temp-dir.ts";
import { CTIME, MTIME, memoryAttributes } from "./memory-file-system.ts";
import { HELLO, LARGE_LENGTH, largeBytes, MANY, NODEID } from "./memory-tree.ts";
import { ServedMount } from "./served-mount.ts";

describe("kernel transport on a real mount", () => {
  let parent: string;
  let mount: ServedMount;
  const path = (name: string): string => join(mount.directory, name);

  before(async function () {
    needMount(this);
    parent = tempDir();
    // A name that the mount table escapes, and that looks as if it were escaped in other ways.
    const directory = join(parent, "a b\\040%41,é");
    mkdirSync(directory);
    mount = await ServedMount.start(directory);
  });

  after(async () => {
    if (mount === undefined) return;
    await mount.end();
    assert.equal(mountEntry(mount.directory), undefined);
    assert.deepEqual(await mount.message("ended"), { kind: "ended", openHandles: 0, destroyed: 1 });
    // The kernel may have read what is defective more than once.
    assert.ok(mount.messages.every(({ kind }) => kind === "defect"));
    rmdirSync(mount.directory);
    removeTempDir(parent);
  });

  it("is in the mount table", () => {
    const entry = mountEntry(mount.directory);
    assert.equal(entry?.type, "fuse.h5fs");
    assert.equal(entry?.source, "memory");
    const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
    const options = lines.find((line) => line.includes(` ${entry?.device} `))?.split(" ")[5];
    assert.equal(options?.startsWith("ro,nosuid,nodev"), true);
  });

  it("shows sizes, times, owners and links", async () => {
    const seconds = ({ seconds }: { seconds: number }): number => seconds;
    const expected = (name: string, size: number): string =>
      `${size} 1 11 12 ${seconds(MTIME)} ${seconds(CTIME)} ${Math.ceil(size / 512)} ${name}`;
    const printed = await output("stat", ["-c", "%s %h %u %g %Y %Z %b %n", path("hello.txt"), path("large.bin")]);
    assert.deepEqual(printed.trim().split("\n"), [
      expected(path("hello.txt"), HELLO.length),
      expected(path("large.bin"), LARGE_LENGTH),
    ]);
    assert.match(await output("stat", ["-c", "%y", path("hello.txt")]), /\.987654321 /);
    assert.equal(await output("readlink", [path("link")]), "hello.txt\n");
    assert.equal(await output("cat", [path("link")]), HELLO);
  });

  it("lists directories, each entry once", async () => {
    const names = Object.keys(NODEID).sort();
    assert.deepEqual(readdirSync(mount.directory).sort(), names);
    const many = readdirSync(path("many"));
    assert.equal(new Set(many).size, MANY);
    assert.equal(many.length, MANY);
    const lines = (await output("ls", ["-ln", path("many")])).trim().split("\n");
    assert.equal(lines.length, MANY + 1);
    assert.ok(lines.every((line) => line.startsWith("total") || line.startsWith("-r--r--r-- 1 11 12 ")));
  });

  it("reads, also in parallel", async () => {
    const expected = Buffer.from(largeBytes());
    const readers = Array.from({ length: 8 }, () => run("cat", [path("large.bin")]));
    for (const { stdout } of await Promise.all(readers)) assert.ok(stdout.equals(expected));
    const tail = await run("tail", ["-c", "5000", path("large.bin")]);
    assert.ok(tail.stdout.equals(expected.subarray(-5000)));
  });

  it("reads in large requests once the read-ahead is raised", function () {
    if (process.getuid?.() !== 0) notRun(this, "only root may raise the read-ahead", "excused");
    raiseReadAhead(mount.directory, 1024);
    const { device } = mountEntry(mount.directory) ?? assert.fail("not mounted");
    assert.equal(readFileSync(`/sys/class/bdi/${device}/read_ahead_kb`, "utf8"), "1024\n");
  });

  it("answers statfs", async () => {
    assert.equal(await output("stat", ["-f", "-c", "%b %S %l", mount.directory]), "1234 4096 255\n");
  });

  it("answers extended attributes", async function () {
    assert.equal(getExtendedAttribute(path("hello.txt"), "user.colour").toString(), "blue");
    assert.throws(() => getExtendedAttribute(path("hello.txt"), "user.none"), { code: "ENODATA" });
    if (!(await hasCommand("getfattr"))) notRun(this, "getfattr (package attr) is not installed", "excused");
    const dump = await output("getfattr", ["-d", "--absolute-names", "-e", "text", path("hello.txt")]);
    assert.deepEqual(dump.trim().split("\n").slice(1).sort(), [
      'user.colour="blue"',
      'user.empty=""',
      'user.note="größe"',
    ]);
  });

  it("refuses writing with EROFS, what is not there with ENOENT, and what it cannot read as it wants", async () => {
    const fails = async (command: string, args: string[], message: RegExp): Promise<void> => {
      const { status, stderr } = await run(command, args);
      assert.notEqual(status, 0);
      assert.match(stderr, message);
    };
    await fails("sh", ["-c", 'echo x > "$1"', "sh", path("hello.txt")], /Read-only file system/);
    await fails("mkdir", [path("new")], /Read-only file system/);
    await fails("cat", [path("nothing")], /No such file or directory/);
    await fails("cat", [path("hello.txt/x")], /Not a directory/);
    await fails("cat", [path("refused")], /Operation not supported/);
  });

  it("answers a defect with EIO and goes on", async () => {
    const { stderr } = await run("cat", [path("defective")]);
    assert.match(stderr, /Input\/output error/);
    assert.match((await mount.message("defect")).message, /a defective was read/);
    assert.equal(await output("cat", [path("hello.txt")]), HELLO);
  });

  it("lets another thread answer a parked READ", async () => {
    const reading = run("cat", [path("slow")]);
    const { unique } = await mount.message("parked");
    assert.equal(await output("cat", [path("hello.txt")]), HELLO, "others are answered meanwhile");
    const replier = new Replier(mount.device);
    assert.ok(replier.data(unique, [Buffer.from("la"), new Uint8Array(new SharedArrayBuffer(1)), Buffer.from("te!")]));
    assert.equal((await reading).stdout.toString(), "la\0te!");
    assert.equal(replier.data(unique, [Buffer.from("twice")]), false, "a request is answered once");
  });

  it("lets another thread answer a parked GETATTR and STATX", async () => {
    const attributes = { ...memoryAttributes(NODEID["late-size"], { kind: "late-size" }), size: 4711 };
    // LOOKUP says that its attributes are not to be believed, so each stat(1) asks. It is a STATX where the kernel has that.
    for (const args of [["--format=%s"], ["--format=%s %w"]]) {
      const asking = run("stat", [...args, path("late-size")]);
      const { unique } = await mount.message("parked");
      mount.tell({ unique, attributes });
      const { stdout, stderr } = await asking;
      assert.match(stdout.toString(), /^4711\b/, stderr);
    }
  });

  it("answers EINTR to a request whose process is killed", async () => {
    const reader = spawn("cat", [path("slow-direct")], { stdio: "ignore" });
    const { unique } = await mount.message("parked");
    await killed(reader);
    const interrupted = await mount.message("interrupted");
    assert.deepEqual(interrupted, { kind: "interrupted", unique, answered: true });
  });

  it("lets a reader through the page cache be killed, which takes no answer", async () => {
    const reader = spawn("cat", [path("slow")], { stdio: "ignore" });
    const { unique } = await mount.message("parked");
    await killed(reader);
    // The kernel still waits, to fill its page: it sends no INTERRUPT for what it reads in the background.
    assert.ok(new Replier(mount.device).data(unique, [Buffer.from("late!!")]));
  });
});

describe("mounting", () => {
  let directory: string;

  before(function () {
    needMount(this);
  });

  beforeEach(() => {
    directory = tempDir();
  });

  afterEach(() => {
    clearMount(directory);
    removeTempDir(directory);
  });

  it("passes on what the mount program says, and leaves nothing", async () => {
    const descriptors = readdirSync("/proc/self/fd").length;
    const missing = join(directory, "missing");
    await assert.rejects(mountKernel({ source: "memory", directory: missing, options: [] }), (error) => {
      assert.ok(error instanceof CommandError);
      assert.match(error.message, /mounting at .* failed: .*(does not exist|No such file)/);
      return true;
    });
    await assert.rejects(
      mountKernel({ source: "memory", directory, options: ["no_such_option"] }),
      (error) => error instanceof CommandError,
    );
    assert.equal(mountEntry(directory), undefined);
    assert.equal(readdirSync("/proc/self/fd").length, descriptors);
  });

  it("gives up a mount program that hangs, with all that it started", async function () {
    if (process.getuid?.() !== 0) notRun(this, "root mounts by a program that can be replaced", "excused");
    const program = join(directory, "mount");
    writeFileSync(program, "#!/bin/sh\nsleep 1000\n");
    chmodSync(program, 0o755);
    const { PATH } = process.env;
    process.env.PATH = `${directory}:${PATH}`;
    try {
      const request = { source: "memory", directory, options: [], timeLimit: 100 };
      await assert.rejects(mountKernel(request), /mounting at .* failed: mount did not end within 100 ms/);
    } finally {
      process.env.PATH = PATH;
    }
    assert.equal(mountEntry(directory), undefined);
  });

  it("ends the loop when somebody else unmounts, again and again, and leaves no descriptor", async () => {
    await (await ServedMount.start(directory)).end();
    const descriptors = readdirSync("/proc/self/fd").length;
    for (let i = 0; i < 5; i++) {
      const mount = await ServedMount.start(directory);
      await output(...unmountCommand(directory));
      await mount.finish();
    }
    assert.equal(readdirSync("/proc/self/fd").length, descriptors);
  });

  it("ends the loop when the connection is aborted while a request is parked", async function () {
    if (process.getuid?.() !== 0) notRun(this, "only root may abort", "excused");
    const mount = await ServedMount.start(directory);
    const reading = run("cat", [join(directory, "slow")]);
    const { unique } = await mount.message("parked");
    // Forced: requests under way fail first.
    await run("umount", ["-f", directory]);
    assert.notEqual((await reading).status, 0);
    await mount.ended;
    assert.equal(new Replier(mount.device).data(unique, [Buffer.from("late")]), false);
    clearMount(directory);
    await mount.finish();
  });

  it("leaves a mount alone that another one has followed at the same place", async () => {
    const mount = await ServedMount.start(directory);
    await unmount(directory, { lazy: true, device: "0:0" });
    assert.equal(await mountState(directory), "alive");
    await mount.end();
  });

  it("refuses to unmount what is in use, and does so lazily", async () => {
    const mount = await ServedMount.start(directory);
    const user = spawn("sleep", ["1000"], { cwd: directory, stdio: "ignore" });
    await once(user, "spawn");
    await assert.rejects(unmount(directory, { lazy: false }), /unmounting .* failed: .*busy/);
    await unmount(directory, { lazy: true });
    assert.equal(mountedType(directory), undefined);
    await killed(user);
    await mount.finish();
    await unmount(directory, { lazy: false });
  });

  it("knows a dead mount of ours, and clears it", async () => {
    assert.equal(await mountState(directory), "none");
    const mount = await ServedMount.start(directory);
    assert.equal(await mountState(directory), "alive");
    await mount.end();
    const script = `
      import { mountKernel } from ${JSON.stringify(new URL("../../../mount/kernel/mount.js", import.meta.url).href)};
      await mountKernel({ source: "memory", directory: ${JSON.stringify(directory)}, options: [] });
      process.kill(process.pid, "SIGKILL");`;
    const { signal } = await run(process.execPath, ["--input-type=module", "-e", script]);
    assert.equal(signal, "SIGKILL");
    assert.equal(await mountState(directory), "dead");
    await unmount(directory, { lazy: true });
    assert.equal(mountEntry(directory), undefined);
    assert.deepEqual(readdirSync(directory), []);
  });
});

/** Kills, and waits for the end, which comes only when the request that the process waits in is answered. */
async function killed(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  assert.deepEqual(await exited, [null, "SIGKILL"]);
}

function unmountCommand(directory: string): [string, string[]] {
  return process.getuid?.() === 0 ? ["umount", [directory]] : ["fusermount3", ["-u", directory]];
}
