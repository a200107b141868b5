import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { getExtendedAttribute } from "../../mount/native.ts";
import { H5FS, type Mount, mountFile, TRANSPORT, withMount } from "../support/mount.ts";
import { needMount } from "../support/need-mount.ts";
import { notRun } from "../support/not-run.ts";
import { corpusRoot, hdf5Files, sampleFile } from "../support/project.ts";
import { hasCommand, output, run } from "../support/run.ts";
import { withTempDir } from "../support/temp-dir.ts";
import { EVERY_OVER_LIBFUSE, portion } from "./long.ts";

/** Every name below `dir`: file -> size and content, symlink -> target; a file that refuses is left out. */
function contents(dir: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(dir.length + 1);
    if (entry.isSymbolicLink()) {
      found.set(name, `-> ${readlinkSync(path)}`);
    } else if (entry.isFile()) {
      const content = readable(path);
      if (content !== undefined) {
        found.set(name, `${content.length} ${createHash("md5").update(content).digest("hex")}`);
      }
    }
  }
  return found;
}

function readable(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    // What the mount refuses, it tells why; any other failure throws here, too.
    assert.notEqual(getExtendedAttribute(path, "user.h5fs.problem").toString(), "", String(error));
    return undefined;
  }
}

const corpus = corpusRoot();
const files = [sampleFile(), ...(corpus === undefined ? [] : [join(corpus, "pytables/all.h5")])];

for (const file of files) {
  describe(`programs agree on a mount of ${file.split("/").slice(-2).join("/")}`, () => {
    let mount: Mount | undefined;
    let expected = new Map<string, string>();
    let regular: string[] = [];

    function at(): string {
      assert.ok(mount !== undefined);
      return mount.dir;
    }

    before(async function () {
      needMount(this);
      mount = await mountFile(file);
      expected = contents(mount.dir);
      regular = [...expected].filter(([, what]) => !what.startsWith("->")).map(([name]) => name);
    });
    after(async () => {
      await mount?.unmount();
    });

    /** Runs `copy` with a list of the names that can be read, each ended by NUL, and an empty folder, and compares what is in it then. */
    async function copies(copy: (list: string, to: string) => Promise<unknown>): Promise<void> {
      await withTempDir(async (to) => {
        await withTempDir(async (lists) => {
          const list = join(lists, "names");
          writeFileSync(list, [...expected.keys()].map((name) => `${name}\0`).join(""));
          await copy(list, to);
        });
        assert.deepEqual(contents(to), expected);
      });
    }

    it("has something to read", () => {
      assert.ok(regular.length >= 10, `${regular.length} files can be read`);
    });

    it("cat, md5sum", async () => {
      for (const name of regular) {
        const bytes = (await run("cat", [join(at(), name)])).stdout;
        const sum = await output("md5sum", ["--zero", join(at(), name)]);
        assert.equal(`${bytes.length} ${sum.slice(0, 32)}`, expected.get(name), name);
      }
    });

    it("wc -c, stat", async () => {
      for (const name of regular) {
        const size = expected.get(name)?.split(" ")[0];
        assert.equal((await output("wc", ["-c", join(at(), name)])).trim().split(" ")[0], size, name);
        assert.equal((await output("stat", ["-c", "%s", join(at(), name)])).trim(), size, name);
      }
    });

    it("find -ls", async () => {
      const listed = await output("find", [at(), "-type", "f", "-printf", "%P\\t%s\\0"]);
      const sizes = new Map(listed.split("\0").map((line) => [line.split("\t")[0] ?? "", line.split("\t")[1]]));
      for (const name of regular) {
        assert.equal(sizes.get(name), expected.get(name)?.split(" ")[0], name);
        assert.equal(String(lstatSync(join(at(), name)).size), sizes.get(name), name);
      }
      assert.equal((await run("find", [at(), "-ls"])).status, 0);
    });

    it("tar c | tar x", () =>
      copies((list, to) =>
        output("sh", ["-ec", 'tar c -C "$1" --null -T "$2" | tar x -C "$3"', "sh", at(), list, to]),
      ));

    it("cp -r", () =>
      copies((list, to) =>
        output("sh", ["-ec", 'cd "$1" && xargs -0 cp -rP --parents -t "$3" < "$2"', "sh", at(), list, to]),
      ));

    it("rsync -a, and a second time there is nothing to do", async function () {
      if (!(await hasCommand("rsync"))) {
        return notRun(this, "rsync is not installed");
      }
      await copies(async (list, to) => {
        const args = ["-a", "--itemize-changes", "--from0", `--files-from=${list}`, `${at()}/`, `${to}/`];
        await output("rsync", args);
        assert.equal(await output("rsync", args), "");
      });
    });

    it("h5fs cat", async () => {
      for (const name of regular) {
        const bytes = (await run(process.execPath, [H5FS, "cat", `${file}:/${name}`])).stdout;
        const sum = createHash("md5").update(bytes).digest("hex");
        assert.equal(`${bytes.length} ${sum}`, expected.get(name), name);
      }
    });
  });
}

describe("a whole tree is copied by", () => {
  const commands = {
    "cp -r": 'cp -r "$1/." "$2"',
    "tar c | tar x": 'tar c -C "$1" . | tar x -C "$2"',
    "rsync -a": 'rsync -a "$1/" "$2"',
    "rsync -aX": 'rsync -aX "$1/" "$2"',
  };
  for (const [title, command] of Object.entries(commands)) {
    it(title, async function () {
      needMount(this);
      if (title.startsWith("rsync") && !(await hasCommand("rsync"))) {
        return notRun(this, "rsync is not installed");
      }
      const mount = await mountFile(sampleFile());
      try {
        await withTempDir(async (to) => {
          await output("sh", ["-ec", command, "sh", mount.dir, to]);
          assert.deepEqual(contents(to), contents(mount.dir));
        });
      } finally {
        await mount.unmount();
      }
    });
  }
});

describe("h5fs cp -r makes the copy that cp -r makes of a mount", () => {
  const inCorpus = corpus === undefined ? [] : ["pytables", "writers"].flatMap((dir) => hdf5Files(join(corpus, dir)));
  for (const file of portion(inCorpus, TRANSPORT === "kernel" ? 1 : EVERY_OVER_LIBFUSE)) {
    it(file.split("/").slice(-2).join("/"), async function () {
      needMount(this);
      await withTempDir(async (to) => {
        const mine = await run(process.execPath, [H5FS, "cp", "-r", "--no-xattrs", file, join(to, "mine")]);
        const theirs = await withMount(file, {}, ({ dir }) => run("cp", ["-r", dir, join(to, "theirs")]));
        assert.equal(await output("diff", ["-r", "--no-dereference", join(to, "theirs"), join(to, "mine")]), "");
        assert.equal(mine.stderr.split("\n").length, theirs.stderr.split("\n").length, mine.stderr + theirs.stderr);
        assert.equal(mine.status, theirs.status === 0 ? 0 : 31, mine.stderr);
      });
    });
  }

  it("and sets the extended attributes that the mount has", async function () {
    needMount(this);
    if (!(await hasCommand("getfattr"))) return notRun(this, "getfattr (package attr) is not installed");
    await withTempDir(async (to) => {
      const { stderr } = await run(process.execPath, [H5FS, "cp", "-r", sampleFile(), join(to, "mine")]);
      if (stderr.includes("takes no attributes")) return notRun(this, `${to}: no extended attributes there`, "excused");
      const attributes = (dir: string): Promise<string> =>
        output("sh", ["-c", 'cd "$1" && getfattr -R -P -d . | sort', "sh", dir]);
      const expected = await withMount(sampleFile(), {}, ({ dir }) => attributes(dir));
      assert.match(expected, /user\.units/);
      assert.equal(await attributes(join(to, "mine")), expected);
    });
  });
});
