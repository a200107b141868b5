import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";
import { writeSample } from "../support/h5wasm-file.ts";
import { H5FS, mountedType, mountFile } from "../support/mount.ts";
import { needMount } from "../support/need-mount.ts";
import { notRun } from "../support/not-run.ts";
import { type RunResult, run } from "../support/run.ts";
import { removeTempDir, tempDir } from "../support/temp-dir.ts";
import { asUser, isRoot, whyNotAsUser } from "../support/user.ts";

interface Failure {
  readonly what: string;
  /** Arguments, in a folder of which `place` makes what is needed. */
  readonly args: readonly string[];
  readonly status: number;
  readonly message: RegExp;
}

const FAILURES: readonly Failure[] = [
  { what: "an option without its value", args: ["a.h5", "mnt", "-o"], status: 2, message: /-o needs a value/ },
  { what: "a missing file", args: ["none.h5", "mnt"], status: 10, message: /none\.h5.*(no such file|does not exist)/i },
  { what: "a directory", args: ["folder", "mnt"], status: 12, message: /folder.*(directory|regular file)/ },
  { what: "a file that is not HDF5", args: ["text.h5", "mnt"], status: 13, message: /text\.h5.*HDF5/ },
  { what: "an empty file", args: ["empty.h5", "mnt"], status: 13, message: /empty\.h5.*HDF5/ },
  { what: "a truncated file", args: ["cut.h5", "mnt"], status: 14, message: /cut\.h5.*(truncated|ends|end of)/ },
  {
    what: "a missing mount point",
    args: ["a.h5", "none"],
    status: 20,
    message: /none does not exist; make it first: mkdir/,
  },
  { what: "a place where no folder can be made", args: ["lost/a.h5"], status: 10, message: /lost\/a\.h5/ },
  {
    what: "a mount point that is a file",
    args: ["a.h5", "text.h5"],
    status: 22,
    message: /text\.h5 is not a directory/,
  },
  { what: "the file's own folder", args: ["a.h5", "."], status: 22, message: /holds .*a\.h5 itself/ },
  { what: "a folder above the file's", args: ["a.h5", ".."], status: 22, message: /holds .*a\.h5 itself/ },
  {
    what: "the file's own folder through a symlink",
    args: ["a.h5", "self"],
    status: 22,
    message: /holds .*a\.h5 itself/,
  },
  {
    what: "an inferred mount point with something in it",
    args: ["full.h5"],
    status: 21,
    message: /full exists and is not empty/,
  },
  {
    what: "an unknown mount option",
    args: ["a.h5", "mnt", "-o", "ro,cahce=1M"],
    status: 2,
    message: /-o cahce=1M: there is no such option/,
  },
  {
    what: "a value that an option does not take",
    args: ["a.h5", "mnt", "-o", "umask=9"],
    status: 2,
    message: /-o umask=9: expected permission bits/,
  },
  { what: "a flag that is unknown", args: ["a.h5", "mnt", "--frob"], status: 2, message: /Unknown argument: frob/ },
  { what: "no file at all", args: [], status: 2, message: /an argument is missing; "h5fs --help"/ },
  {
    what: "a log that cannot be written",
    args: ["a.h5", "mnt", "-o", "log=none/x"],
    status: 2,
    message: /-o log=.*none\/x: the file cannot be written \(ENOENT\)/,
  },
  {
    what: "unmounting what is not mounted",
    args: ["umount", "mnt"],
    status: 23,
    message: /nothing is mounted at .*mnt by h5fs/,
  },
  {
    what: "the status of what is not mounted",
    args: ["status", "mnt"],
    status: 23,
    message: /nothing is mounted at .*mnt by h5fs/,
  },
  {
    what: "a path that is not in the file",
    args: ["cat", "a.h5:/nothing.npy"],
    status: 30,
    message: /a\.h5 has no \/nothing\.npy/,
  },
  {
    what: "a path in the file without its slash",
    args: ["cat", "a.h5:x.csv"],
    status: 30,
    message: /a path in a\.h5 begins with a slash: a\.h5:\/x\.csv/,
  },
  {
    what: "a link into a file that is not there",
    args: ["cat", "a.h5:/external"],
    status: 16,
    message: /another file, elsewhere\.h5, which does not exist/,
  },
];

describe("what goes wrong is told in one sentence, with a status of its own", () => {
  let place: string;

  const h5fs = (args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<RunResult> =>
    run(process.execPath, [H5FS, ...args], { cwd: place, env: { ...process.env, ...environment }, timeout: 20_000 });

  /** One sentence, its status, and nothing left: neither a mount nor a folder. */
  function assertFailed({ status, stderr, stdout }: RunResult, failure: Pick<Failure, "status" | "message">): void {
    assert.equal(status, failure.status, stderr);
    assert.match(stderr, failure.message);
    assert.match(stderr, /^h5fs: [^\n]+\n$/, "one line");
    assert.equal(stdout.toString(), "");
  }

  before(async function () {
    needMount(this);
    place = tempDir();
    chmodSync(place, 0o755);
    await writeSample(place);
    const sample = readFileSync(join(place, "sample.h5"));
    for (const name of ["a.h5", "cut.h5", "full.h5", "secret.h5"]) writeFileSync(join(place, name), sample);
    truncateSync(join(place, "cut.h5"), sample.length - 1000);
    writeFileSync(join(place, "text.h5"), "this is text\n".repeat(300));
    writeFileSync(join(place, "empty.h5"), "");
    for (const name of ["folder", "mnt", "full", "bin"]) mkdirSync(join(place, name));
    writeFileSync(join(place, "full/something"), "");
    symlinkSync(".", join(place, "self"));
    chmodSync(join(place, "secret.h5"), 0o600);
  });

  after(() => {
    if (place !== undefined) removeTempDir(place);
  });

  for (const failure of FAILURES) {
    it(`${failure.what}: ${failure.status}`, async () => {
      const names = readdirSync(place);
      // In the foreground, for the sake of time: in the background the same process says the same.
      const isMount = /\.h5$|^folder$/.test(failure.args[0] ?? "") && !failure.args.includes("log=none/x");
      assertFailed(await h5fs(isMount ? [...failure.args, "-f"] : failure.args), failure);
      assert.deepEqual(readdirSync(place), names);
      assert.equal(mountedType(join(place, "mnt")), undefined);
    });
  }

  it("a file that its reader may not read: 11", async function () {
    if (!isRoot) notRun(this, "only root can make a file that is somebody else's", "excused");
    const why = await whyNotAsUser();
    if (why !== undefined) notRun(this, why, "excused");
    const result = await asUser(process.execPath, [H5FS, join(place, "secret.h5"), join(place, "mnt")]);
    assertFailed(result, { status: 11, message: /secret\.h5.*permission/i });
  });

  it("a file that another program writes: 15", async () => {
    const holder = spawn("flock", ["-x", join(place, "a.h5"), "sh", "-c", "echo locked; exec sleep 1000"]);
    await once(holder.stdout, "data");
    try {
      assertFailed(await h5fs(["a.h5", "mnt"]), { status: 15, message: /a\.h5 is open for writing.*-o lock=none/ });
    } finally {
      const ended = once(holder, "exit");
      await run("pkill", ["-P", `${holder.pid}`]);
      await ended;
    }
  });

  it("a mount point that is in use: 21", async () => {
    const dir = join(place, "mnt");
    const mount = await mountFile(join(place, "a.h5"), { dir });
    try {
      const message = /mnt has a file mounted on it already; "h5fs umount .*mnt" ends that/;
      assertFailed(await h5fs(["full.h5", "mnt"]), { status: 21, message });
      process.kill(mount.pid, "SIGSTOP");
      // Whoever touches the mount itself now waits for ever.
      assertFailed(await h5fs(["full.h5", "mnt"]), {
        status: 21,
        message: /mnt has a mount of h5fs that does not answer/,
      });
    } finally {
      process.kill(mount.pid, "SIGCONT");
      await mount.unmount();
    }
  });

  it("mount(8) that fails: 24, at once", async function () {
    if (!isRoot) notRun(this, "root mounts by a program that can be replaced", "excused");
    fakeMount("echo 'mount: out of paper' >&2\nexit 32");
    const message = /mounting at .*mnt failed: mount: out of paper/;
    assertFailed(await h5fs(["a.h5", "mnt"], fakePath()), { status: 24, message });
    assertFailed(await h5fs(["a.h5"], fakePath()), { status: 24, message: /out of paper/ });
    assert.equal(existsSync(join(place, "a")), false, "the folder that was made is removed");
  });

  for (const foreground of [true, false]) {
    it(`mount(8) that hangs: SIGTERM ends h5fs ${foreground ? "in the foreground" : "while it waits"}, and all it started`, async function () {
      if (!isRoot) notRun(this, "root mounts by a program that can be replaced", "excused");
      const started = join(place, "started");
      // biome takes a shell's variable for a mistake in a template.
      fakeMount(["sleep 1000 &", "echo $! $$ > ../started.new", "mv ../started.new ../started", "wait"].join("\n"));
      const args = [H5FS, "a.h5", "mnt", ...(foreground ? ["-f"] : [])];
      const child = spawn(process.execPath, args, { cwd: place, env: { ...process.env, ...fakePath() } });
      let said = "";
      child.stderr.on("data", (text) => {
        said += String(text);
      });
      await eventually("it has begun", () => existsSync(started));
      const pids = readFileSync(started, "utf8").trim().split(" ");
      child.kill("SIGTERM");
      assert.deepEqual(await once(child, "close"), [24, null]);
      assert.match(said, /^h5fs: mounting at .*mnt failed: mount was interrupted\n$/);
      assert.deepEqual(pids.filter(isRunning), []);
      assert.equal(mountedType(join(place, "mnt")), undefined);
      await run("rm", [started]);
    });
  }

  function fakeMount(script: string): void {
    const program = join(place, "bin/mount");
    writeFileSync(program, `#!/bin/sh\ncd ${place}/bin\n${script}\n`);
    chmodSync(program, 0o755);
  }

  function fakePath(): NodeJS.ProcessEnv {
    return { PATH: `${join(place, "bin")}:${process.env.PATH}` };
  }
});

function isRunning(pid: string): boolean {
  return existsSync(`/proc/${pid}/stat`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}
