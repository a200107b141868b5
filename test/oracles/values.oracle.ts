import assert from "node:assert/strict";
import { basename, join, relative } from "node:path";
import { mountFile, TRANSPORT } from "../support/mount.ts";
import { needMount } from "../support/need-mount.ts";
import { notRun } from "../support/not-run.ts";
import { corpusRoot, hdf5Files, projectRoot, sampleFile } from "../support/project.ts";
import { python } from "../support/python.ts";
import { output } from "../support/run.ts";
import { withTempDir } from "../support/temp-dir.ts";
import { Comparer, type Comparison } from "./comparer.ts";
import { EVERY_OVER_LIBFUSE, portion } from "./long.ts";

/** Files of which nothing ordinary may be refused; in the others a refusal is counted, and only a wrong value fails. */
const COMPLETE = [
  /\/pytables\/(all|nosys|userblock)\.h5$/,
  /\/writers\/(h5py|pandas)\.h5$/,
  /\/sample\.h5$/,
  /\/test\/data\//,
];

/** Mounts a file and compares; undefined with a sentence if it cannot be mounted. */
async function compareMounted(comparer: Comparer, file: string): Promise<Comparison | string> {
  let mount: Awaited<ReturnType<typeof mountFile>>;
  try {
    mount = await mountFile(file);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  try {
    return await comparer.compare(file, mount.dir);
  } finally {
    await mount.unmount();
  }
}

/** Compares files in order, the next one being begun before its turn: most of the time a mount and h5py wait for each other. */
class Comparisons {
  readonly #files: readonly string[];
  readonly #begun = new Map<string, Promise<Comparison | string>>();

  constructor(files: readonly string[]) {
    this.#files = files;
  }

  of(comparers: readonly Comparer[], file: string): Promise<Comparison | string> {
    const at = this.#files.indexOf(file);
    const [found] = this.#files.slice(at, at + comparers.length).map((each, i) => {
      const comparer = comparers[(at + i) % comparers.length];
      if (comparer === undefined) throw new TypeError("there is no comparer");
      const begun = this.#begun.get(each) ?? compareMounted(comparer, each);
      this.#begun.set(each, begun);
      // Told in its turn.
      begun.catch(() => undefined);
      return begun;
    });
    return found ?? Promise.reject(new TypeError(`${file} is not one of the files`));
  }
}

function listing(entries: readonly (readonly unknown[])[]): string {
  return entries.map((entry) => `\n    ${entry.slice(0, 2).join(": ")}`).join("");
}

describe("a mount shows the values that h5py reads", () => {
  let comparers: readonly Comparer[] = [];
  const total = { files: 0, same: 0, refused: 0, notMounted: 0, unreadable: 0 };

  before(function () {
    const interpreter = python();
    if (interpreter === undefined) {
      return notRun(this, "no oracle Python; npm run test:oracles makes one");
    }
    needMount(this);
    comparers = [new Comparer(interpreter), new Comparer(interpreter)];
  });
  after(() => {
    for (const comparer of comparers) comparer.close();
    const { files, same, refused, notMounted, unreadable } = total;
    console.log(
      `    ${files} files, ${notMounted} of them refused whole: ${same} views equal h5py's, ${refused} refused, ${unreadable} h5py cannot read either`,
    );
  });

  function compareFiles(files: readonly string[]): void {
    const comparisons = new Comparisons(files);
    for (const file of files) compareFile(comparisons, file);
  }

  function compareFile(comparisons: Comparisons, file: string): void {
    it(relative(projectRoot(), file), async () => {
      const found = await comparisons.of(comparers, file);
      const complete = COMPLETE.some((pattern) => pattern.test(file));
      total.files++;
      if (typeof found === "string") {
        total.notMounted++;
        assert.match(found, /exit status [1-9]/, `${basename(file)} must be refused by an exit status, in time`);
        assert.ok(!complete, `${basename(file)} must be mountable: ${found}`);
        console.log(`      not mounted: ${found.replaceAll(/\s+/g, " ").slice(0, 200)}`);
        return;
      }
      if (found.error !== undefined) {
        console.log(`      mounted, though h5py cannot open it: ${found.error.slice(0, 160)}`);
        return;
      }
      total.same += found.same;
      total.refused += found.refused.length;
      total.unreadable += found.unreadable.length;
      assert.equal(found.wrong.length, 0, `${found.wrong.length} differ from h5py:${listing(found.wrong)}`);
      const ordinary = found.refused.filter(([, , isOrdinary]) => isOrdinary);
      if (ordinary.length > 0 && !complete) {
        console.log(`      refused, though ordinary:${listing(ordinary.slice(0, 3))}`);
      }
      assert.ok(!complete || ordinary.length === 0, `refused, though ordinary:${listing(ordinary)}`);
    });
  }

  describe("bundled files", () => {
    compareFiles([sampleFile(), ...hdf5Files(join(projectRoot(), "test/data"))]);
  });

  it("every datatype at every rank, in every text view", async () => {
    await withTempDir(async (dir) => {
      const file = join(dir, "matrix.h5");
      const [comparer] = comparers;
      assert.ok(comparer !== undefined);
      await output(comparer.python, [join(projectRoot(), "test/oracles/make_text_matrix.py"), file]);
      const found = await compareMounted(comparer, file);
      assert.ok(typeof found !== "string", `must be mountable: ${found}`);
      assert.deepEqual(found.wrong, []);
      assert.deepEqual(found.refused, []);
      assert.ok(found.same > 1000, `only ${found.same} views were compared`);
      total.same += found.same;
    });
  });

  describe("files of other programs", () => {
    const corpus = corpusRoot();
    if (corpus === undefined) {
      it("the corpus", function () {
        return notRun(this, "no folder of real-world files (H5FS_CORPUS, ../shared/corpus)", "excused");
      });
      return;
    }
    const files = hdf5Files(corpus);
    const chosen = portion(files, TRANSPORT === "kernel" ? 1 : EVERY_OVER_LIBFUSE);
    it(`${chosen.length} of ${files.length}`, () => assert.ok(chosen.length > 0));
    compareFiles(chosen);
  });
});
