import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import { type Mount, mountFile } from "../support/mount.ts";
import { needMount } from "../support/need-mount.ts";
import { notRun } from "../support/not-run.ts";
import { corpusRoot, hdf5Files, projectRoot, sampleFile } from "../support/project.ts";
import { python } from "../support/python.ts";
import { hasCommand, output } from "../support/run.ts";
import { removeTempDir, tempDir } from "../support/temp-dir.ts";
import { LONG, portion } from "./long.ts";

/** What exact_bytes.py found in one mount. */
interface Found {
  readonly views: number;
  readonly bytes: number;
  readonly whole: number;
  readonly left: number;
  readonly wrong: readonly (readonly [string, string])[];
}

/** Views of one file that are compared: of files with thousands of datasets not every one. */
const LIMIT = LONG ? 20_000 : 400;

/** Of the files, the first and then every so-and-so many is compared, unless the run is a long one. */
const EVERY = { bundled: 4, corpus: 12, generated: 30 };

describe("stat, cat, tar, cp, Python's tarfile, git add and rsync agree on every view", () => {
  let child: ChildProcessWithoutNullStreams;
  let answers: AsyncIterator<string>;
  let made: string;
  const total = { files: 0, refused: 0, views: 0, bytes: 0, whole: 0, left: 0 };

  before(async function () {
    const interpreter = python();
    if (interpreter === undefined) return notRun(this, "no oracle Python; npm run test:oracles makes one");
    needMount(this);
    for (const command of ["git", "rsync"]) {
      if (!(await hasCommand(command))) return notRun(this, `${command} is not installed`);
    }
    made = tempDir();
    child = spawn(interpreter, [join(projectRoot(), "test/oracles/exact_bytes.py")]);
    child.stderr.pipe(process.stderr);
    answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  });
  after(() => {
    child?.kill("SIGKILL");
    if (made !== undefined) removeTempDir(made);
    const { files, refused, views, bytes, whole, left } = total;
    console.log(
      `    ${files} files (${refused} refused whole), ${views} views, ${bytes} bytes; ${whole} entries of whole mounts; ${left} views refused or left out`,
    );
  });

  async function check(file: string): Promise<void> {
    let mount: Mount;
    try {
      mount = await mountFile(file);
    } catch (error) {
      // What may be refused whole is another suite's affair.
      assert.match(String(error), /exit status [1-9]/);
      total.refused++;
      return;
    }
    try {
      child.stdin.write(`${JSON.stringify({ mount: mount.dir, limit: LIMIT })}\n`);
      const { value, done } = await answers.next();
      assert.ok(done !== true, "exact_bytes.py has ended");
      const found: Found = JSON.parse(value);
      assert.deepEqual(found.wrong.slice(0, 20), []);
      total.files++;
      total.views += found.views;
      total.bytes += found.bytes;
      total.whole += found.whole;
      total.left += found.left;
    } finally {
      await mount.unmount();
    }
  }

  function checkFiles(files: readonly string[], every: number): void {
    for (const file of portion(files, every)) it(relative(projectRoot(), file), () => check(file));
  }

  describe("of bundled files", () => {
    checkFiles([sampleFile(), ...hdf5Files(join(projectRoot(), "test/data"))], EVERY.bundled);
  });

  describe("of other programs' files", () => {
    const corpus = corpusRoot();
    if (corpus !== undefined) return checkFiles(hdf5Files(corpus), EVERY.corpus);
    it("the corpus", function () {
      return notRun(this, "no folder of real-world files (H5FS_CORPUS, ../shared/corpus)", "excused");
    });
  });

  describe("of generated files", () => {
    it("every datatype at every rank", async () => {
      const file = join(made, "text-matrix.h5");
      await output(python() ?? "", [join(projectRoot(), "test/oracles/make_text_matrix.py"), file]);
      await check(file);
    });

    it("structures in pairs", async function () {
      const interpreter = python() ?? "";
      const version = await output(interpreter, ["-c", "import h5py; print(h5py.__version__)"]);
      if (!version.startsWith("3.16.")) return notRun(this, `h5py is ${version.trim()}, the maker needs 3.16`);
      this.timeout(1_800_000);
      const script = "import sys; from make import make; make(sys.argv[1])";
      const options = {
        cwd: join(projectRoot(), "test/oracles/matrix"),
        env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
        timeout: 300_000,
      };
      await output(interpreter, ["-c", script, made], options);
      for (const file of portion(hdf5Files(made), EVERY.generated)) {
        try {
          await check(file);
        } catch (error) {
          throw new Error(relative(made, file), { cause: error });
        }
      }
    });
  });
});
