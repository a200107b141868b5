import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { MountStatus } from "../../mount/mount-status.ts";
import { DatagramSocket } from "../support/datagram-socket.ts";
import { writeSample } from "../support/h5wasm-file.ts";
import { clearMount, H5FS, type Mount, mountedType, withMount } from "../support/mount.ts";
import { needMount } from "../support/need-mount.ts";
import { notRun } from "../support/not-run.ts";
import { output, run } from "../support/run.ts";
import { removeTempDir, tempDir } from "../support/temp-dir.ts";
import { asUser, isRoot, NOBODY, openDevice, userIdentity, whyNotAsUser } from "../support/user.ts";

describe("as a mount should be", () => {
  let place: string;
  let file: string;
  let dir: string;
  const h5fs = (...args: string[]): Promise<string> => output(process.execPath, [H5FS, ...args]);

  before(async function () {
    needMount(this);
    place = tempDir();
    chmodSync(place, 0o755);
    file = await writeSample(place);
    chmodSync(file, 0o640);
    dir = join(place, "mnt");
    mkdirSync(dir);
  });

  after(() => {
    if (place === undefined) return;
    clearMount(dir);
    removeTempDir(place);
  });

  const modeOf = (mount: Mount, name: string): string => {
    const { mode, uid, gid } = statSync(join(mount.dir, name));
    return `${mode.toString(8)} ${uid} ${gid}`;
  };

  it("has the file's own owner and permissions, without those to write", async () => {
    const { uid, gid } = statSync(file);
    await withMount(file, { dir }, (mount) => {
      assert.equal(modeOf(mount, "words.txt"), `100440 ${uid} ${gid}`);
      assert.equal(modeOf(mount, "group"), `40550 ${uid} ${gid}`);
    });
  });

  it("has those of uid, gid, umask, fmask and dmask where they are given", async () => {
    await withMount(file, { dir, options: ["uid=123,gid=456,fmask=137,umask=27"] }, (mount) => {
      assert.equal(modeOf(mount, "words.txt"), "100440 123 456");
      assert.equal(modeOf(mount, "group"), "40550 123 456");
    });
    await withMount(file, { dir, options: ["dmask=0", "umask=022"] }, (mount) => {
      assert.equal(modeOf(mount, "words.txt").split(" ")[0], "100444");
      assert.equal(modeOf(mount, "group").split(" ")[0], "40555");
    });
  });

  it("is in the mount table with its file, its type and safe options", async () => {
    await withMount(file, { dir, options: ["noexec,noatime,allow_other"] }, async () => {
      const line = (await output("mount", [])).split("\n").find((text) => text.includes(` on ${dir} `)) ?? "";
      assert.ok(line.startsWith(`${file} on ${dir} type fuse.h5fs (ro,`), line);
      for (const option of ["nosuid", "nodev", "noexec", "noatime", "allow_other", "default_permissions"]) {
        assert.match(line, new RegExp(`[(,]${option}[,)]`));
      }
    });
  });

  it("is for its owner alone, or with allow_other for those whom the permissions let in", async function () {
    if (!isRoot) notRun(this, "only root may act as two users", "excused");
    const cat = async (): Promise<string> => (await asUser("cat", [join(dir, "words.txt")])).stderr;
    await withMount(file, { dir }, async () => assert.match(await cat(), /Permission denied/));
    await withMount(file, { dir, options: ["allow_other"] }, async () =>
      assert.match(await cat(), /Permission denied/),
    );
    await withMount(file, { dir, options: ["allow_other,umask=0"] }, async () => assert.equal(await cat(), ""));
  });

  it("decodes to the same bytes without system libraries", async () => {
    const read = (mount: Mount): string[] =>
      ["group/ramp.npy", "group/matrix.npy", "group/matrix.csv", "words.txt"].map((name) =>
        readFileSync(join(mount.dir, name), "latin1"),
      );
    const native = await withMount(file, { dir }, read);
    assert.deepEqual(await withMount(file, { dir, options: ["codecs=portable"] }, read), native);
  });

  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    it(`ends on ${signal} with status 0, and removes the folder that it made`, async () => {
      const child = await inForeground([file]);
      const made = join(place, "sample");
      assert.equal(mountedType(made), "fuse.h5fs");
      child.kill(signal);
      assert.deepEqual(await once(child, "exit"), [0, null]);
      assert.equal(existsSync(made), false);
    });
  }

  it("says what happens to a file, once of each dataset that cannot be read", async () => {
    const log = join(place, "log");
    await h5fs(file, dir, "-o", `log=${log}`);
    for (let i = 0; i < 2; i++) assert.notEqual((await run("cat", [join(dir, "external")])).status, 0);
    await h5fs("umount", dir);
    const lines = readFileSync(log, "utf8").trim().split("\n");
    const patterns = [
      /^\S+Z h5fs\[\d+\] info: .*sample\.h5 is mounted at .*mnt$/,
      /^\S+Z h5fs\[\d+\] warning: \/external: the link leads into another file, elsewhere\.h5, which does not exist$/,
      /^\S+Z h5fs\[\d+\] info: .*mnt is unmounted$/,
    ];
    assert.equal(lines.length, patterns.length, lines.join("\n"));
    for (const [i, pattern] of patterns.entries()) assert.match(lines[i] ?? "", pattern);
  });

  it("says it to the system's log, of which this is another socket", async () => {
    const socket = new DatagramSocket(join(place, "dev-log"));
    try {
      await h5fs(file, dir, "-o", `log=${join(place, "dev-log")}`);
      await socket.message(/^<30>h5fs\[\d+\]: .*sample\.h5 is mounted at .*mnt$/);
      await run("cat", [join(dir, "external")]);
      await socket.message(/^<28>h5fs\[\d+\]: \/external: the link leads into another file/);
      await h5fs("umount", dir);
      await socket.message(/^<30>h5fs\[\d+\]: .*mnt is unmounted$/);
    } finally {
      socket.close();
    }
  });

  it("says why a read failed that a worker did", async () => {
    const damaged = join(place, "damaged.h5");
    const bytes = readFileSync(file);
    // The first chunk of /group/ramp: a zlib stream of level 4, whose checksum now is another.
    const at = bytes.indexOf(Buffer.of(0x78, 0x5e));
    assert.notEqual(at, -1);
    bytes.fill(0xff, at + 20, at + 40);
    writeFileSync(damaged, bytes);
    await withMount(damaged, { dir }, async (mount) => {
      const { stderr } = await run("cat", [join(dir, "group/ramp.npy")]);
      assert.match(stderr, /Input\/output error/);
      const { stderr: again } = await run("cat", [join(dir, "group/matrix.npy")]);
      assert.equal(again, "", "the rest can be read");
      assert.match(mount.log(), /h5fs: \/(hard|group\/ramp): .*deflate.*\n$/);
    });
  });

  for (const name of ["notify", "@h5fs-test-notify"]) {
    it(`tells systemd when it is ready and when it stops (${name})`, async () => {
      const path = name.startsWith("@") ? `${name}-${process.pid}` : join(place, name);
      const socket = new DatagramSocket(path);
      try {
        const child = await inForeground([file, dir], { NOTIFY_SOCKET: path });
        assert.match(await socket.message(/^READY=1$/m), /^STATUS=.*sample\.h5 is mounted at .*mnt$/m);
        child.kill("SIGTERM");
        await once(child, "exit");
        await socket.message(/^STOPPING=1$/);
        assert.equal(socket.received.length, 2);
      } finally {
        socket.close();
      }
    });
  }

  it("tells its state", async () => {
    await withMount(file, { dir, options: ["cache=8M"] }, async (mount) => {
      readFileSync(join(dir, "group/ramp.npy"));
      const [status, ...others]: MountStatus[] = JSON.parse(await h5fs("status", "--json", dir));
      assert.deepEqual(others, []);
      assert.equal(status?.pid, mount.pid);
      assert.equal(status?.uid, process.getuid?.());
      assert.equal(status?.file, file);
      assert.ok(Math.abs(Date.now() - Date.parse(status?.since ?? "")) < 60_000);
      assert.ok((status?.requests ?? 0) > 5);
      // Eight chunks of 700 float64, each with its state.
      assert.ok((status?.cache.bytes ?? 0) >= 8 * 700 * 8);
      assert.equal(status?.cache.limit, 8 * 2 ** 20);
      const text = await h5fs("status");
      assert.match(text, new RegExp(`^${dir}\n  file      ${file}\n  daemon    process ${mount.pid} of user `, "m"));
    });
  });

  it("knows a mount that is dead, and mounts in its place", async () => {
    const child = await inForeground([file, dir]);
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
    assert.match(await h5fs("status", dir), /problem {3}its daemon has died; "h5fs umount .*mnt" takes it away/);
    await h5fs(file, dir);
    assert.ok(statSync(join(dir, "words.txt")).isFile());
    await h5fs("umount", dir);
    assert.equal(mountedType(dir), undefined);
  });

  it("is unmounted through a symlink, and lazily while in use", async () => {
    await output("ln", ["-s", dir, join(place, "link")]);
    await h5fs(file, dir);
    const user = spawn("sleep", ["1000"], { cwd: dir, stdio: "ignore" });
    await once(user, "spawn");
    const busy = await run(process.execPath, [H5FS, "umount", join(place, "link")]);
    assert.equal(busy.status, 21);
    assert.match(busy.stderr, /unmounting .*mnt failed: .*busy/);
    await h5fs("umount", "-l", join(place, "link"));
    assert.equal(mountedType(dir), undefined);
    user.kill();
  });

  it("serves mount(8), fstab and umount(8), without PATH and HOME", async function () {
    if (!isRoot) notRun(this, "fstab is root's", "excused");
    if ((await run("unshare", ["-m", "true"])).status !== 0) notRun(this, "no mount namespaces here", "excused");
    const root = join(place, "root");
    await h5fs("install", "--root", root);
    const fstab = join(place, "fstab");
    writeFileSync(fstab, `${file} ${dir} h5fs nofail,_netdev,x-systemd.mount-timeout=9,comment=x,umask=022 0 0\n`);
    // mount(8) looks for helpers in /sbin alone: in a namespace of its own, that is what was installed.
    const script = `set -e
mount --bind ${root}/sbin "$(readlink -f /sbin)"
env -i /usr/bin/mount -T ${fstab} ${dir}
stat -c %a ${dir}/words.txt
findmnt -n -o FSTYPE,SOURCE --mountpoint ${dir}
pid=$(${process.execPath} ${H5FS} status --json ${dir} | sed -n 's/.*"pid": \\([0-9]*\\).*/\\1/p')
test -e /proc/$pid/exe
env -i /usr/bin/umount ${dir}
test ! -e /proc/$pid/exe
env -i /usr/bin/mount -t fuse.h5fs -o ro,uid=77 ${file} ${dir}
stat -c %u ${dir}/words.txt
umount ${dir}
mount -t h5fs -o frob ${file} ${dir} || echo "status $?"
mount -f -t h5fs ${file} ${dir}
! findmnt --mountpoint ${dir}`;
    const { status, stdout, stderr } = await run("unshare", ["-m", "sh", "-c", script]);
    assert.equal(status, 0, stderr);
    assert.deepEqual(stdout.toString().trim().split("\n"), ["444", `fuse.h5fs ${file}`, "77", "status 2"]);
    assert.match(stderr, /-o frob: there is no such option/);
    await h5fs("install", "--remove", "--root", root);
    assert.equal(await output("find", [root, "-type", "f"]), "");
  });

  it("does not replace what another has installed", async () => {
    const root = join(place, "taken");
    mkdirSync(join(root, "sbin"), { recursive: true });
    writeFileSync(join(root, "sbin/mount.h5fs"), "#!/bin/sh\n");
    const { status, stderr } = await run(process.execPath, [H5FS, "install", "--root", root]);
    assert.equal(status, 16);
    assert.match(stderr, /sbin\/mount\.h5fs is there already and was not made by "h5fs install"; move it away/);
    assert.equal(await output("find", [root, "-type", "f"]), `${join(root, "sbin/mount.h5fs")}\n`);
  });

  describe("for an ordinary user", () => {
    let close = (): void => undefined;
    let own: string;

    before(async function () {
      if ((await run("fusermount3", ["-V"])).status !== 0) notRun(this, "fusermount3 is not installed", "excused");
      const why = await whyNotAsUser();
      if (why !== undefined) notRun(this, why, "excused");
      close = openDevice();
      own = join(place, "own");
      mkdirSync(own);
      copyFileSync(file, join(own, "data.h5"));
      chmodSync(join(own, "data.h5"), 0o600);
      for (const name of [own, join(own, "data.h5")]) {
        if (isRoot) chownSync(name, NOBODY, NOBODY);
      }
    });

    after(() => close());

    afterEach(() => clearMount(join(own, "data")));

    const asUserH5fs = (...args: string[]): ReturnType<typeof run> => asUser(process.execPath, [H5FS, ...args]);

    it("mounts, tells and unmounts", async () => {
      const mounted = await asUserH5fs(join(own, "data.h5"));
      assert.equal(mounted.status, 0, mounted.stderr);
      assert.equal((await asUser("cat", [join(own, "data/words.txt")])).stderr, "");
      assert.match((await asUserH5fs("status", join(own, "data"))).stdout.toString(), /daemon {4}process \d+ of user/);
      if (isRoot) assert.match(await h5fs("status", join(own, "data")), /another user's, and not for others/);
      const ended = await asUserH5fs("umount", join(own, "data"));
      assert.equal(ended.status, 0, ended.stderr);
      assert.equal(existsSync(join(own, "data")), false);
    });

    it("ends on a signal", async () => {
      const child = await inForeground([join(own, "data.h5")], {}, userIdentity);
      child.kill("SIGTERM");
      assert.deepEqual(await once(child, "exit"), [0, null]);
      assert.equal(existsSync(join(own, "data")), false);
    });

    it("is told what allow_other needs", async function () {
      if (/^user_allow_other/m.test(existsSync("/etc/fuse.conf") ? readFileSync("/etc/fuse.conf", "utf8") : "")) {
        notRun(this, "/etc/fuse.conf allows it here", "excused");
      }
      const { status, stderr } = await asUserH5fs(join(own, "data.h5"), "-o", "allow_other");
      assert.equal(status, 24);
      assert.match(
        stderr,
        /^h5fs: mounting at .* failed: .*\(put the line "user_allow_other" into \/etc\/fuse\.conf, as root\)\n$/,
      );
      assert.equal(existsSync(join(own, "data")), false);
    });
  });
});

/** `h5fs ARGS -f`, once it is mounted. */
async function inForeground(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  identity = {},
): Promise<ChildProcess> {
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, [H5FS, ...args, "-f"], {
    stdio: ["ignore", "ignore", "pipe"],
    env,
    ...identity,
  });
  let said = "";
  await new Promise<void>((resolve, reject) => {
    child.stderr.on("data", (text) => {
      said += String(text);
      if (said.includes("is mounted at")) resolve();
    });
    child.on("exit", () => reject(new Error(`h5fs ended: ${said}`)));
  });
  return child;
}
