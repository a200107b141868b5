import assert from "node:assert/strict";
import { OPTION_HELP } from "../../mount/mount-options.ts";
import { COMPLETED, completions } from "../../src/cli/complete.ts";
import { H5FS } from "../support/mount.ts";
import { sampleFile } from "../support/project.ts";
import { output } from "../support/run.ts";

describe("shell completion", () => {
  const sample = sampleFile();

  it("offers commands, options of the command, mount options", () => {
    assert.deepEqual(completions(["u"]), ["umount"]);
    assert.deepEqual(completions(["umount", "-"]), ["--lazy", "-l", "--help"]);
    assert.deepEqual(completions(["data.h5", "--f"]), ["--foreground"]);
    assert.deepEqual(completions(["data.h5", "-o", "ro,um"]), ["ro,umask="]);
  });

  it("offers every mount option of the help", () => {
    const offered = completions(["data.h5", "-o", ""]).map((option) => option.replace(/=.*/, ""));
    const names = OPTION_HELP.split("\n").flatMap((line) =>
      (line.split(/ {2,}/)[0] ?? "").split(", ").map((option) => option.replace(/=.*/, "")),
    );
    assert.deepEqual(
      names.filter((name) => !offered.includes(name)),
      [],
    );
  });

  it("offers what is in a file, as the mount names it", () => {
    assert.deepEqual(completions(["ls", `${sample}:/s`]), [`${sample}:/soundings/`, `${sample}:/station/`]);
    assert.deepEqual(completions(["cat", `${sample}:/station/obs`]), [`${sample}:/station/observations.csv`]);
    assert.deepEqual(completions(["cat", `${sample}:/nowhere/`]), []);
  });

  it("leaves files to the shell", () => {
    assert.deepEqual(completions(["cat", sample]), []);
    assert.deepEqual(completions(["umount", ""]), []);
    assert.deepEqual(completions(["cat", "/dev/null:/x"]), []);
  });

  it("knows the commands of the help, and is asked as the shells ask", async () => {
    const help = await output(process.execPath, [H5FS, "--help"]);
    const commands = [...help.matchAll(/^ {2}h5fs (\w+)/gm)].map(([, name]) => name ?? "");
    assert.deepEqual(new Set(Object.keys(COMPLETED)), new Set(commands.filter((name) => name !== "data")));
    const asked = await output(process.execPath, [H5FS, "complete", "--", "umount", "-l", "--he"]);
    assert.equal(asked, "--help\n");
  });
});
