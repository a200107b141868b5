import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "mocha";
import { projectRoot } from "../support/project.ts";
import { output } from "../support/run.ts";
import { removeTempDir, tempDir } from "../support/temp-dir.ts";
import { Beside, need, pythonOf, script, shell } from "./beside.ts";

const GIT = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
  GIT_AUTHOR_NAME: "A",
  GIT_AUTHOR_EMAIL: "a@example.org",
  GIT_COMMITTER_NAME: "A",
  GIT_COMMITTER_EMAIL: "a@example.org",
  GIT_AUTHOR_DATE: "2020-01-01T00:00:00Z",
  GIT_COMMITTER_DATE: "2020-01-01T00:00:00Z",
};

describe("trees of files in a mount that is written", () => {
  let source: string;
  let beside: Beside | undefined;

  before(async function () {
    source = tempDir();
    await output(pythonOf(this), [script("sample.py"), join(source, "data")]);
  });

  after(() => removeTempDir(source));

  afterEach(() => {
    beside?.remove();
    beside = undefined;
  });

  function open(context: Context, libver: string): Beside {
    beside = new Beside(context, libver);
    return beside;
  }

  it("git: clone, change, commit, branch, merge, gc and fsck", async function () {
    await need(this, "git", "diff");
    const origin = join(source, "data");
    await shell(origin, "git init -q -b main . && git add -A && git commit -qm one", GIT);
    const work = async (at: string): Promise<void> => {
      await shell(
        at,
        `git clone -q --no-hardlinks "$ORIGIN" clone
        cd clone
        git checkout -q -b side
        echo "1,2,c" >>"run 1/table.csv"
        sed -i s/one/1/ "run 2/notes.txt"
        git mv "run 3" moved
        git rm -q "run 4/image.npy"
        git commit -qam two
        git checkout -q main
        echo new >new.txt
        git add new.txt
        git commit -qm three
        git merge -q side -m four
        git fsck --strict --no-progress
        git gc -q
        git fsck --strict --no-progress
        test -z "$(git status --porcelain)"
        test "$(git log --oneline | wc -l)" = 4
        # Times of the index are those of the file system.
        rm .git/index .git/logs -r`,
        { ...GIT, ORIGIN: origin },
      );
    };
    await open(this, "earliest").compare(work);
  });

  it("tar x of a source tree, and diff -r", async function () {
    await need(this, "tar", "diff");
    const archive = join(source, "tree.tar");
    await output("tar", ["-cf", archive, "-C", projectRoot(), "src", "codecs", "mount", "docs", "test/data"]);
    await open(this, "v110").compare(async (at) => {
      await output("tar", ["-xf", archive, "-C", at]);
      await output("tar", ["--diff", "-f", archive, "-C", at]);
    });
  });

  it("x.csv, x.npy, x.json, x and x.d, copied in any order", async function () {
    await need(this, "cp", "diff");
    const from = join(source, "orders");
    mkdirSync(join(from, "x.d"), { recursive: true });
    await shell(source, `cp "data/run 0/table.csv" orders/x.csv && cp "data/run 0/image.npy" orders/x.npy`);
    writeFileSync(join(from, "x.json"), "[1, 2]\n");
    writeFileSync(join(from, "x"), "what is called x\n");
    writeFileSync(join(from, "x.d/x.csv"), "a\n1\n");
    const orders = permutations(["x.csv", "x.npy", "x.json", "x", "x.d"]).filter((_, i) => i % 5 === 0);
    await open(this, "v110").compare(async (at) => {
      for (const [i, order] of orders.entries()) {
        mkdirSync(join(at, `${i}`));
        await output("cp", ["-r", ...order.map((name) => join(from, name)), join(at, `${i}`)]);
      }
    });
  });

  it("rsync -a: the second transfers nothing, the third what has changed", async function () {
    await need(this, "rsync", "diff");
    const from = `${join(source, "data")}/`;
    const transferred = (at: string): Promise<string> =>
      output("rsync", ["-a", "--exclude", ".git", "--out-format=%n", from, `${at}/copy/`]);
    const beside = open(this, "earliest");
    await beside.compare(
      async (at) => {
        await transferred(at);
        await shell(at, "touch -d 2001-02-03 copy/tool.sh");
      },
      async (at) => {
        assert.match(await transferred(at), /run 5\/image.npy/);
        assert.equal(await transferred(at), "");
        await shell(
          at,
          "touch -d 2001-02-03 copy/tool.sh; echo more >>'copy/run 0/notes.txt'; rm 'copy/run 1/table.csv'",
        );
        const names = (await transferred(at)).trim().split("\n").sort();
        assert.deepEqual(
          names.filter((name) => !name.endsWith("/")),
          ["run 0/notes.txt", "run 1/table.csv", "tool.sh"],
        );
        assert.equal(await transferred(at), "");
        await shell(at, "touch -d 2001-02-03 copy/tool.sh");
        chmodSync(join(at, "copy/tool.sh"), 0o755);
      },
    );
  });
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => permutations(items.filter((_, j) => j !== i)).map((rest) => [item, ...rest]));
}
