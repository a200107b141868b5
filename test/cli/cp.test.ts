import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { eventually } from "../support/eventually.ts";
import { SAMPLE, writeSample } from "../support/h5wasm-file.ts";
import { H5FS, withMount } from "../support/mount.ts";
import { needMount } from "../support/need-mount.ts";
import { projectRoot } from "../support/project.ts";
import { output, type RunResult, run } from "../support/run.ts";
import { removeTempDir, tempDir } from "../support/temp-dir.ts";

describe("h5fs cp", () => {
  let place: string;
  let file: string;

  before(async () => {
    place = tempDir();
    file = await writeSample(place);
  });
  after(() => removeTempDir(place));

  const h5fs = (...args: string[]): Promise<RunResult> => run(process.execPath, [H5FS, ...args], { cwd: place });

  async function copied(...args: string[]): Promise<void> {
    const { status, stderr, stdout } = await h5fs("cp", ...args);
    assert.deepEqual({ status, stderr, stdout: stdout.toString() }, { status: 0, stderr: "", stdout: "" });
  }

  /** Status, and the lines on standard error. */
  async function failed(...args: string[]): Promise<readonly [number | undefined, ...string[]]> {
    const { status, stderr } = await h5fs("cp", ...args);
    return [status, ...stderr.trim().split("\n")];
  }

  it("copies a whole file as cp -r copies its mount, links and odd names too", async function () {
    needMount(this);
    const root = join(projectRoot(), "test/data");
    for (const [name, views] of [["names/names.h5"], ["pytables/meaning.h5", "csv,npy"]] as const) {
      const source = join(root, name);
      const [mine, theirs] = ["mine", "theirs"].map((whose) => join(place, `${whose}-${name.replace("/", "-")}`));
      const told = await h5fs(
        "cp",
        "-r",
        "--no-xattrs",
        ...(views === undefined ? [] : ["--views", views]),
        source,
        `${mine}`,
      );
      const refused = await withMount(source, { options: views === undefined ? [] : [`views=${views}`] }, (mount) =>
        run("cp", ["-r", mount.dir, `${theirs}`]),
      );
      assert.equal(await output("diff", ["-r", "--no-dereference", `${theirs}`, `${mine}`]), "");
      // What cp cannot copy is told by both, a line each.
      assert.equal(told.stderr.split("\n").length, refused.stderr.split("\n").length, told.stderr);
      assert.equal(told.status, refused.status === 0 ? 0 : 31);
    }
  });

  it("tells what cannot be read, a line each, and copies the rest", async () => {
    const [status, ...lines] = await failed("-r", file, "whole");
    assert.equal(status, 31);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /^h5fs: \/external: .*elsewhere\.h5/);
    const names = ["dangling", "group", "hard.npy", "other", "scalar.npy", "soft.npy", "words.txt"];
    assert.deepEqual(readdirSync(join(place, "whole")).sort(), names);
    assert.equal(readlinkSync(join(place, "whole/other")), "group");
    assert.equal(readFileSync(join(place, "whole/words.txt"), "utf8"), `${SAMPLE.words.join("\n")}\n`);
  });

  it("gives copies the times of their originals", async function () {
    needMount(this);
    await failed("-r", file, "times");
    await withMount(file, {}, (mount) => {
      for (const name of [".", "group", "group/ramp.npy", "words.txt", "scalar.npy"]) {
        assert.equal(statSync(join(place, "times", name)).mtimeMs, statSync(join(mount.dir, name)).mtimeMs, name);
      }
    });
  });

  it("copies one file, of any view or slice, to a name or into a folder", async () => {
    mkdirSync(join(place, "folder"));
    await copied(`${file}:/group/ramp[1:3].csv`, "folder");
    assert.equal(readFileSync(join(place, "folder/ramp[1:3].csv"), "utf8"), "hard\n-299.875\n-299.75\n");
    await copied(`${file}:/soft.bin`, "one");
    assert.deepEqual(readFileSync(join(place, "one")), Buffer.from(SAMPLE.ramp.buffer));
    await copied(`${file}:/group/.attrs.json`, "folder/");
    assert.deepEqual(JSON.parse(readFileSync(join(place, "folder/.attrs.json"), "utf8")).numbers.value, [1, 2, 3]);
  });

  it("replaces nothing, or with -f files but no directories, and never the file it copies from", async () => {
    writeFileSync(join(place, "mine"), "mine");
    mkdirSync(join(place, "taken/matrix.npy"), { recursive: true });
    writeFileSync(join(place, "taken/ramp.npy"), "mine");
    assert.deepEqual(await failed(`${file}:/scalar.csv`, "mine"), [32, "h5fs: mine exists already; -f replaces it"]);
    assert.equal(readFileSync(join(place, "mine"), "utf8"), "mine");
    assert.deepEqual(await failed("-r", `${file}:/group`, "taken"), [
      32,
      "h5fs: taken/matrix.npy exists already; -f replaces it",
      "h5fs: taken/ramp.npy exists already; -f replaces it",
    ]);
    assert.equal(readFileSync(join(place, "taken/ramp.npy"), "utf8"), "mine");
    assert.deepEqual(await failed("-rf", `${file}:/group`, "taken"), [
      32,
      "h5fs: taken/matrix.npy exists already, and is no file that could be replaced",
    ]);
    assert.equal(statSync(join(place, "taken/ramp.npy")).size, 40_128);
    copyFileSync(file, join(place, "own.h5"));
    assert.deepEqual(await failed("-f", "own.h5:/scalar.csv", "own.h5"), [
      32,
      "h5fs: own.h5 is the file that is copied from",
    ]);
    assert.deepEqual(readFileSync(join(place, "own.h5")), readFileSync(file));
  });

  it("writes through no symlink below the folder it copies to", async () => {
    mkdirSync(join(place, "elsewhere"));
    mkdirSync(join(place, "linked"));
    symlinkSync("../elsewhere", join(place, "linked/group"));
    symlinkSync("../elsewhere/scalar", join(place, "linked/scalar.npy"));
    const [status, ...lines] = await failed("-rf", file, "linked");
    assert.equal(status, 31);
    assert.ok(lines.includes("h5fs: linked/group exists already, and is no directory"), lines.join("\n"));
    assert.deepEqual(readdirSync(join(place, "elsewhere")), []);
    assert.equal(statSync(join(place, "linked/scalar.npy")).size, 132);
    // The folder itself is the user's to choose.
    symlinkSync("elsewhere", join(place, "chosen"));
    await copied("-r", `${file}:/group`, "chosen");
    assert.deepEqual(readdirSync(join(place, "elsewhere")).sort(), ["matrix.npy", "ramp.npy"]);
  });

  it("copies the file where a link would lead out of the group that is copied", async () => {
    const names = join(projectRoot(), "test/data/names/names.h5");
    const told = "h5fs: /alias/up: is a link to /links, a group that is not copied";
    assert.deepEqual(await failed("-r", `${names}:/alias`, "alias"), [31, told]);
    assert.deepEqual(readdirSync(join(place, "alias")), ["self"]);
    assert.equal(readlinkSync(join(place, "alias/self")), ".");

    const links = new h5wasm.File(join(place, "links.h5"), "w");
    links.create_dataset({ name: "outside", data: Int8Array.of(7), shape: [1] });
    links.create_group("group").create_soft_link("/outside", "link");
    links.close();
    await copied("-r", "links.h5:/group", "links");
    assert.equal(readFileSync(join(place, "links/link.npy")).at(-1), 7);
    assert.ok(lstatSync(join(place, "links/link.npy")).isFile());
  });

  it("leaves nothing behind when it is interrupted", async () => {
    mkdirSync(join(place, "stopped"));
    const child = spawn(
      process.execPath,
      [H5FS, "cp", `${join(projectRoot(), "test/data/cli/endless.h5")}:/x.csv`, "stopped"],
      { cwd: place },
    );
    try {
      await eventually("it has begun", () => readdirSync(join(place, "stopped")).length > 0);
      child.kill("SIGINT");
      assert.deepEqual(await once(child, "exit"), [null, "SIGINT"]);
    } finally {
      child.kill("SIGKILL");
    }
    assert.deepEqual(readdirSync(join(place, "stopped")), []);
  });

  it("removes what one that was killed has left, and nothing that another is at work on", async () => {
    const folder = join(place, "killed");
    mkdirSync(folder);
    const begin = async (): Promise<{ readonly child: ChildProcess; readonly name: string }> => {
      const before = readdirSync(folder);
      const endless = `${join(projectRoot(), "test/data/cli/endless.h5")}:/x.csv`;
      const child = spawn(process.execPath, [H5FS, "cp", endless, folder]);
      const made = (): string | undefined => readdirSync(folder).find((name) => !before.includes(name));
      await eventually("it has begun", () => made() !== undefined && statSync(join(folder, made() ?? "")).size > 0);
      return { child, name: made() ?? "" };
    };
    const killed = await begin();
    killed.child.kill("SIGKILL");
    await once(killed.child, "exit");
    assert.deepEqual(readdirSync(folder), [killed.name]);
    symlinkSync("nowhere", join(folder, ".h5fs-new-1-1"));
    lutimesSync(join(folder, ".h5fs-new-1-1"), 0, 0);
    const alive = await begin();
    try {
      await run(process.execPath, [H5FS, "cp", `${file}:/scalar.npy`, folder]);
      assert.deepEqual(readdirSync(folder).sort(), [alive.name, "scalar.npy"].sort());
    } finally {
      alive.child.kill("SIGINT");
      await once(alive.child, "exit");
    }
    assert.deepEqual(readdirSync(folder), ["scalar.npy"]);
  });

  it("says what is wrong with its arguments", async () => {
    assert.deepEqual(await failed(`${file}:/group`, "x"), [
      30,
      "h5fs: /group is a directory: h5fs cp -r copies what is in it",
    ]);
    assert.deepEqual(await failed(`${file}:/scalar.npy`, "none/x"), [
      16,
      "h5fs: there is no folder none to copy into; make it first: mkdir -p none",
    ]);
    assert.match((await failed("-r", "--views", "cvs", file, "x")).join(), /^2,h5fs: --views cvs: expected views/);
  });
});
