import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { RangeReader } from "../../src/chunk/read-range.ts";
import { dumpJson } from "../../src/cli/dump.ts";
import { H5Error } from "../../src/errors.ts";
import { H5File } from "../../src/object/file.ts";
import { ByteSink } from "../../src/object/text/byte-sink.ts";
import { contentOf } from "../../src/tree/content.ts";
import { nodeText } from "../../src/tree/open-text.ts";
import { Tree } from "../../src/tree/tree.ts";
import { render } from "../../src/view/render.ts";
import { notRun } from "../support/not-run.ts";
import { projectRoot } from "../support/project.ts";
import { python } from "../support/python.ts";
import { output } from "../support/run.ts";
import { removeTempDir, tempDir } from "../support/temp-dir.ts";

interface MadeFile {
  readonly file: string;
  /** Names in the root group. */
  readonly datasets: readonly string[];
}

interface FileResult {
  readonly file: string;
  readonly wrong: readonly string[];
  /** What libhdf5 itself does not read as it was written. */
  readonly oracle: readonly string[];
}

/** What the engine says of a file, where matrix/main.py looks for it; of one that is refused whole, only that. */
function answer({ file, datasets }: MadeFile): void {
  const dump: string[] = [];
  let refused = false;
  try {
    for (const piece of dumpJson(file)) dump.push(piece);
  } catch (error) {
    if (!(error instanceof H5Error)) throw error;
    refused = true;
  }
  writeFileSync(`${file}.json`, dump.join(""));
  if (refused) return;
  const folder = `${file}.views`;
  mkdirSync(folder);
  const opened = H5File.open(file);
  const tree = new Tree(opened);
  const reader = new RangeReader();
  for (const name of datasets.flatMap((dataset) => [`${dataset}.npy`, `${dataset}.json`])) {
    try {
      writeFileSync(join(folder, name), viewBytes(tree, `/${name}`, reader));
    } catch (error) {
      if (!(error instanceof H5Error)) throw error;
      writeFileSync(join(folder, `${name}.refused`), error.message);
    }
  }
  opened.close();
}

function viewBytes(tree: Tree, path: string, reader: RangeReader): Uint8Array {
  const node = tree.resolve(path);
  if (node?.kind === "broken") throw node.error;
  if (node?.kind !== "file") throw new H5Error("not-found", `there is no ${path}`);
  const content = contentOf(node);
  if (content.kind === "text") {
    const text = nodeText(node, reader);
    const sink = new ByteSink();
    for (const _ of render(text, 0, text.format.elementCount, sink));
    return sink.take();
  }
  const { header, data, size } = content;
  return Buffer.concat([header, reader.read(data, `${node.object.address}`, 0, size - header.length)]);
}

describe("files of every structure in pairs are read as libhdf5 wrote them", () => {
  let folder: string;
  let child: ChildProcessWithoutNullStreams;
  let lines: Interface;

  before(async function () {
    const interpreter = python();
    if (interpreter === undefined) return notRun(this, "no oracle Python; npm run test:oracles makes one");
    const version = await output(interpreter, ["-c", "import h5py; print(h5py.__version__)"]);
    if (!version.startsWith("3.16.")) return notRun(this, `h5py is ${version.trim()}, the maker needs 3.16`);
    folder = tempDir();
    child = spawn(interpreter, [join(projectRoot(), "test/oracles/matrix/main.py"), folder], {
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
    });
    child.stderr.pipe(process.stderr);
    lines = createInterface(child.stdout);
  });
  after(() => {
    child?.kill("SIGKILL");
    if (folder !== undefined) removeTempDir(folder);
  });

  it("dump, npy and json of each dataset", async function () {
    this.timeout(900_000);
    const ended = once(child, "exit");
    const results: FileResult[] = [];
    let summary = "";
    for await (const line of lines) {
      const message: unknown = JSON.parse(line);
      if (isMade(message)) {
        for (const made of message) answer(made);
        child.stdin.end("\n");
      } else if (isResult(message)) results.push(message);
      else summary = line;
    }
    assert.deepEqual(await ended, [0, null]);
    const wrong = results.flatMap(({ file, wrong }) => wrong.map((what) => `${basename(file)}: ${what}`));
    const oracle = results.flatMap(({ oracle }) => oracle);
    console.log(`    ${summary}, ${wrong.length} differences, ${oracle.length} that libhdf5 cannot read itself`);
    assert.equal(wrong.length, 0, wrong.slice(0, 20).join("\n"));
  });
});

function isMade(message: unknown): message is readonly MadeFile[] {
  return Array.isArray(message);
}

function isResult(message: unknown): message is FileResult {
  return typeof message === "object" && message !== null && "wrong" in message;
}
