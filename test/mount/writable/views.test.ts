import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { type MountStatus, STATUS_ATTRIBUTE } from "../../../mount/mount-status.ts";
import { getxattrText } from "../../support/extended-attributes.ts";
import type { Mount } from "../../support/mount.ts";
import { needMount } from "../../support/need-mount.ts";
import { needPython3 } from "../../support/python.ts";
import { output } from "../../support/run.ts";
import { withTempDir } from "../../support/temp-dir.ts";
import { withWritableMount } from "../../support/writable-mount.ts";

describe("the views of a dataset that is written", function () {
  this.timeout(60_000);

  before(async function () {
    needMount(this, "kernel");
    await h5wasm.ready;
  });

  /** `x` of five thousand numbers, which can have more, mounted to be written; it is sound afterwards. */
  async function written(use: (mount: Mount, at: (name: string) => string) => Promise<void> | void): Promise<void> {
    await withTempDir(async (directory) => {
      const file = join(directory, "file.h5");
      const made = new h5wasm.File(file, "w");
      const data = Int32Array.from({ length: 5000 }, (_, i) => i + 10_000);
      made.create_dataset({ name: "x", data, shape: [5000], maxshape: [null], chunks: [1000] });
      made.close();
      await withWritableMount(file, { transport: "kernel", options: ["mode=r+"] }, (mount) =>
        use(mount, (name) => join(mount.dir, name)),
      );
    });
  }

  it("show what is written through another one when it is closed: sizes, pages that are read already or mapped, permissions", async function () {
    await needPython3(this);
    const script = `
import mmap, os, struct
csv = ".h5fs/x.csv"
npy, other = os.open("x.npy", os.O_RDONLY), os.open(csv, os.O_RDONLY)
header = 128
mapped = mmap.mmap(npy, 0, prot=mmap.PROT_READ)
lines = os.pread(other, 100000, 0).split()
assert lines[1] == b"10000"
for i in range(40):
    size = os.stat("x.npy").st_size
    assert size == os.fstat(npy).st_size == header + 4 * (5000 + i)
    # The same size, other values.
    with open(csv, "r+b") as f:
        f.seek(2)
        f.write(b"%d" % (20000 + i))
    assert mapped[header:header + 4] == struct.pack("<i", 20000 + i), i
    assert os.pread(npy, 4, header) == struct.pack("<i", 20000 + i), i
    with open("x.npy", "r+b") as f:
        f.seek(header + 4)
        f.write(struct.pack("<i", 30000 + i))
    assert os.pread(other, 14, 0) == b"x\\n%d\\n%d\\n" % (20000 + i, 30000 + i), i
    with open(csv, "a") as f:
        f.write("%d\\n" % i)
    assert os.stat("x.npy").st_size == size + 4, i
    assert os.pread(npy, 4, size) == struct.pack("<i", i), i
    os.chmod(csv, 0o600 + i)
    assert os.stat("x.npy").st_mode & 0o777 == 0o600 + i
    assert os.fstat(other).st_size == len(open(csv).read())
`;
    await written(async ({ dir }) => {
      await output("python3", ["-c", script], { cwd: dir });
    });
  });

  it("keep what they had where a shell redirects into them what they refuse, and are emptied where nothing else comes", () =>
    withTempDir(async (directory) => {
      const file = join(directory, "file.h5");
      const made = new h5wasm.File(file, "w");
      made.create_dataset({ name: "list", data: ["hello"], shape: [1], dtype: "S5" });
      made.create_dataset({ name: "one", data: "abc", dtype: "S3" });
      for (const name of ["n", "bytes", "gone"])
        made.create_dataset({ name, data: Int32Array.of(0, 1, 2), shape: [3] });
      made.close();
      await withWritableMount(file, { transport: "kernel", options: ["mode=r+"] }, async ({ dir }) => {
        // A shell closes the descriptor that it opened before it writes by a copy of it.
        const shell = (command: string): Promise<string> => output("sh", ["-c", command], { cwd: dir });
        await shell("for f in list one .h5fs/n; do echo much too long x > $f.txt; done; true");
        await shell("printf 12345 > .h5fs/bytes.bin; : > .h5fs/gone.txt");
        assert.equal(fs.statSync(join(dir, ".h5fs/gone.txt")).size, 0);
      });
      const read = new h5wasm.File(file, "r");
      const value = (name: string): unknown => {
        const object = read.get(name);
        assert.ok(object instanceof h5wasm.Dataset);
        return object.value instanceof Int32Array ? [...object.value] : object.value;
      };
      assert.deepEqual(["list", "one", "n", "bytes", "gone"].map(value), [["hello"], "abc", [0, 1, 2], [0, 1, 2], []]);
      read.close();
    }));

  it("are asked for once as long as nothing changes", async () => {
    await written(({ dir }, at) => {
      const requests = (): number => {
        const status: MountStatus = JSON.parse(getxattrText(dir, STATUS_ATTRIBUTE));
        return status.requests;
      };
      fs.statSync(at("x.npy"));
      const before = requests();
      for (let i = 0; i < 50; i++) fs.statSync(at("x.npy"));
      const after = requests();
      assert.ok(after - before < 20, `${after - before} requests`);
    });
  });

  it("hold nobody up, whoever maps, writes and reads them at once", async function () {
    await needPython3(this);
    const script = `
import errno, mmap, os, random, struct, sys
kind, seed = sys.argv[1], int(sys.argv[2])
random.seed(seed)
def turn(i):
    if kind == "map":
        with open(random.choice(["x.npy", ".h5fs/x.bin"]), "r+b") as f:
            m = mmap.mmap(f.fileno(), 0)
            for _ in range(20):
                at = 128 + 4 * random.randrange(1000, 4000)
                m[at:at + 4] = struct.pack("<i", random.randrange(10000, 99999))
            if i % 3 == 0:
                m.flush()
            m.close()
    elif kind == "write":
        with open(".h5fs/x.bin", "r+b") as f:
            f.seek(4 * random.randrange(1000))
            f.write(struct.pack("<i", 55555))
    else:
        fd = os.open("x.npy", os.O_RDONLY)
        m = mmap.mmap(fd, 0, prot=mmap.PROT_READ)
        sum(m[128::4096])
        assert len(open(".h5fs/x.csv").read().split()) == 5001
        os.close(fd)

for i in range(40):
    try:
        turn(i)
    except OSError as error:
        # Two have changed the same element.
        assert error.errno == errno.ESTALE
`;
    await written(async ({ dir }) => {
      const kinds = ["map", "write", "read", "map"];
      await Promise.all(kinds.map((kind, i) => output("python3", ["-c", script, kind, `${i}`], { cwd: dir })));
    });
  });

  it("do not end early for who reads them when they are looked up and their size is not known", async function () {
    await needPython3(this);
    const script = `
import errno, mmap, os, struct
csv = ".h5fs/x.csv"
fd = os.open(csv, os.O_RDONLY)
mapped = mmap.mmap(fd, 0, prot=mmap.PROT_READ)
for i in range(20):
    with open(".h5fs/x.bin", "r+b") as f:
        f.write(struct.pack("<i", 20000 + i))
    try:
        # A LOOKUP and no GETATTR.
        os.readlink(csv)
    except OSError as error:
        assert error.errno == errno.EINVAL
    # A page behind the end is a signal, SIGBUS.
    assert mapped[:8] == b"x\\n%d\\n" % (20000 + i)
    assert mapped[-6:] == b"14999\\n"
`;
    await written(({ dir }) => output("python3", ["-c", script], { cwd: dir }).then(() => undefined));
  });

  it("have a folder beside them that shows at once what the mount itself puts there", async () => {
    await written(({ dir }, at) => {
      const { mtimeNs } = fs.statSync(dir, { bigint: true });
      assert.throws(() => fs.appendFileSync(at(".h5fs/x.csv"), "word\n"), { code: "EINVAL" });
      assert.ok(fs.existsSync(at("x.csv.rej")));
      assert.notEqual(fs.statSync(dir, { bigint: true }).mtimeNs, mtimeNs);
    });
  });
});
