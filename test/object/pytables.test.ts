import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { filePieces } from "../../src/cli/file-pieces.ts";
import { H5File } from "../../src/object/file.ts";
import { Tree } from "../../src/tree/tree.ts";
import { projectRoot } from "../support/project.ts";

const DATA = join(projectRoot(), "test/data/pytables");

interface Truth {
  readonly time64: number[];
  readonly time32: number[];
  readonly lists: number[][];
  readonly table: { readonly time: number[]; readonly pair: number[][]; readonly seconds: number[] };
  readonly file: string;
}

interface Row {
  readonly time: number;
  readonly pair: number[];
  readonly seconds: number;
}

describe("what PyTables means", () => {
  const truth: Truth = JSON.parse(readFileSync(join(DATA, "meaning.json"), "utf8"));
  const file = H5File.open(join(DATA, "meaning.h5"));
  const tree = new Tree(file);
  after(() => file.close());

  function textOf(path: string): string {
    const node = tree.resolve(path);
    assert.ok(node?.kind === "file", path);
    return Array.from(filePieces(node), (piece) => Buffer.from(piece).toString()).join("");
  }

  it("times are seconds with their microseconds", () => {
    const lines = textOf("/time64.csv").trim().split("\n").slice(1);
    assert.deepEqual(
      lines.map((line) => Math.round(Number(line) * 1e6)),
      truth.time64.map((seconds) => Math.round(seconds * 1e6)),
    );
    assert.deepEqual(lines.slice(0, 7), [
      "1.5",
      "0.0",
      "-1.5",
      "2.0",
      "-0.25",
      "1000000000.123456",
      "2147483647.999999",
    ]);
    assert.deepEqual(JSON.parse(textOf("/time64.json")), lines.map(Number));
    assert.deepEqual(JSON.parse(textOf("/time32.json")), truth.time32);
    assert.deepEqual(JSON.parse(textOf("/lists.json")), truth.lists);
  });

  it("times are so in tables, too", () => {
    assert.equal(
      textOf("/table.csv"),
      "time,pair[0],pair[1],seconds,valid\n0.5,0.0,-0.125,0,false\n1.5,1.0,-1.125,1,true\n2.5,2.0,-2.125,2,false\n",
    );
    const rows: Row[] = JSON.parse(textOf("/table.json"));
    assert.deepEqual(
      rows.map(({ time, pair, seconds }) => ({ time, pair, seconds })),
      truth.table.time.map((time, i) => ({ time, pair: truth.table.pair[i], seconds: truth.table.seconds[i] })),
    );
  });

  it("the same bits without its marks are integers", () => {
    assert.equal(textOf("/unmarked.csv"), "unmarked\n4295467296\n");
  });

  it("a file is listed under its own name, and is its bytes", () => {
    const names = Array.from(tree.entries(tree.root), ({ name }) => name);
    assert.ok(names.includes("file"), names.join());
    assert.equal(textOf("/file"), truth.file);
    assert.equal(textOf("/file.bin"), truth.file);
    assert.equal(textOf("/file.npy").slice(-truth.file.length), truth.file);
  });

  it("a file's name is taken: what would be listed so is listed under its next view", () => {
    const names = Array.from(tree.entries(tree.root), ({ name }) => name).filter((name) => name.startsWith("report"));
    assert.deepEqual(names, ["report.bin", "report.npy"]);
    assert.equal(textOf("/report.npy"), truth.file);
    assert.equal(textOf("/link"), truth.file);
  });

  it("a file is listed under a view that is asked for", () => {
    const names = Array.from(new Tree(file, { views: ["npy"] }).entries(tree.root), ({ name }) => name);
    assert.ok(names.includes("file.npy") && !names.includes("file"), names.join());
  });
});
