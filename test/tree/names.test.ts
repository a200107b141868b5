import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, realpathSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { RangeReader } from "../../src/chunk/read-range.ts";
import { decodeText, encodeText } from "../../src/format/text.ts";
import { ExternalFiles, type ExternalPolicy } from "../../src/object/external-files.ts";
import { H5File } from "../../src/object/file.ts";
import { ByteSink } from "../../src/object/text/byte-sink.ts";
import { LocalFile } from "../../src/storage/local-file.ts";
import { problemOf } from "../../src/tree/content.ts";
import { extendedAttribute, extendedAttributeNames } from "../../src/tree/extended-attributes.ts";
import type { DirectoryNode, Node } from "../../src/tree/node.ts";
import { nodeText } from "../../src/tree/open-text.ts";
import { Tree, type TreeOptions } from "../../src/tree/tree.ts";
import { render } from "../../src/view/render.ts";
import { projectRoot } from "../support/project.ts";
import { withTempDir } from "../support/temp-dir.ts";

const DATA = join(projectRoot(), "test/data/names");

function open(
  path = join(DATA, "names.h5"),
  options: TreeOptions & { policy?: ExternalPolicy; forbidden?: string } = {},
): Tree {
  const { policy = "below", forbidden } = options;
  const main = realpathSync(path);
  const externalFiles = new ExternalFiles({ main, policy, ...(forbidden === undefined ? {} : { forbidden }) });
  const file = H5File.open(LocalFile.open(main), { externalFiles });
  externalFiles.add(main, file);
  return new Tree(file, options);
}

/** `name/`, `name -> target`, `name: why`, or the name alone. */
function listing(tree: Tree, path: string): string[] {
  const node = tree.resolve(path);
  assert.ok(node?.kind === "directory", path);
  return Array.from(tree.entries(node), ({ name, node: child }) => name + mark(child));
}

function mark(node: Node): string {
  if (node.kind === "directory") return "/";
  if (node.kind === "symlink") return ` -> ${node.target}`;
  return node.kind === "broken" ? `: ${node.error.message}` : "";
}

function text(tree: Tree, path: string): string {
  const node = tree.resolve(path);
  assert.ok(node?.kind === "file", path);
  const made = nodeText(node, new RangeReader());
  const sink = new ByteSink();
  for (const _ of render(made, 0, made.format.elementCount, sink));
  return decodeText(sink.take());
}

/** Every directory at and below one. */
function* directoriesBelow(tree: Tree, directory: DirectoryNode): Generator<DirectoryNode> {
  yield directory;
  for (const { node } of tree.entries(directory)) if (node.kind === "directory") yield* directoriesBelow(tree, node);
}

describe("names", () => {
  const tree = open();

  it("are listed once each, and found under what is listed", () => {
    let count = 0;
    for (const directory of directoriesBelow(tree, tree.root)) {
      const entries = [...tree.entries(directory)];
      count += entries.length;
      assert.equal(new Set(entries.map(({ name }) => name)).size, entries.length, directory.path);
      for (const { name, node } of entries) {
        const found = tree.lookup(directory, name);
        assert.deepEqual([found?.key, found?.ino, found?.kind], [node.key, node.ino, node.kind], name);
        assert.ok(encodeText(name).length <= 255);
      }
    }
    assert.ok(count > 100, `${count} names`);
  });

  it("have other bytes than UTF-8 as they are in the file", () => {
    const names = listing(tree, "/names").map((name) => Buffer.from(encodeText(name)).toString("latin1"));
    for (const name of ["\xff\xfe latin.npy", "new\nline.npy", "-rf.npy", "....npy", "100%25.npy", "a%252Fb.npy"]) {
      assert.ok(names.includes(name), name);
    }
    const group = tree.resolve("/attributes");
    assert.ok(group !== undefined);
    const name = extendedAttributeNames(group).find((each) => each.startsWith("user.caf"));
    assert.deepEqual(encodeText(name ?? "").at(-1), 0xe9);
    assert.deepEqual(extendedAttribute(group, name ?? ""), encodeText("7"));
  });

  it("that are too long can be asked for in other views and in parts", () => {
    const long = listing(tree, "/names").filter((name) => name.startsWith("xxx"));
    assert.equal(long.length, 2);
    const values = long.map((name) => {
      const bare = name.slice(0, -".npy".length);
      const hash = bare.slice(-13);
      assert.equal(text(tree, `/names/${bare.slice(10)}.json`), text(tree, `/names/x${hash}.json`));
      return text(tree, `/names/xxx${hash}[...].csv`).split("\n")[1];
    });
    assert.deepEqual(values, ["9", "10"]);
    assert.equal(tree.resolve(`/names/xxx~${"0".repeat(12)}.json`), undefined);
  });

  it("of links win over those of views", () => {
    assert.deepEqual(listing(tree, "/collisions"), [
      "link.bin -> y.bin",
      "link.npy/",
      "s.npy",
      "s[0:2].npy",
      "t@1.npy",
      "x.bin",
      "x.npy/",
      "y.npy",
      "y.npy.npy",
      "z",
      "z.arrow/",
      "z.bin/",
      "z.csv/",
      "z.json/",
      "z.npy/",
      "z.txt/",
    ]);
    assert.equal(text(tree, "/collisions/y.csv"), "y\n0\n1\n2\n");
    assert.equal(text(tree, "/collisions/y.npy.csv"), "y.npy\n0\n1\n2\n3\n");
    assert.equal(text(tree, "/collisions/s[0:2].csv"), "s[0:2]\n0\n1\n2\n3\n4\n");
    assert.equal(text(tree, "/collisions/s[1:3].csv"), "s\n11\n12\n");
    assert.equal(text(tree, "/collisions/s[0:2][1].json"), "1\n");
    assert.equal(text(tree, "/collisions/t@1@2:4.csv"), "t@1\n2\n3\n");
  });

  it("that are not listed are the natural view, others, attributes and parts", () => {
    const same = (a: string, b: string): void => assert.equal(tree.resolve(a)?.key, tree.resolve(b)?.key, `${a} ${b}`);
    same("/collisions/y", "/collisions/y.npy");
    same("/links/data[0:2].npy", "/links/data@:2.npy");
    same("/links/data[0:2]", "/links/data[:2:1].npy");
    same("/links/relative@0.csv", "/links/data@0.csv");
    same("/.h5fs/collisions/y.csv", "/collisions/y.csv");
    for (const path of [
      "/nothing",
      "/links/data.xyz",
      "/links/data[3]",
      "/links/data[0,0].csv",
      "/links/data[a].csv",
      "/collisions.csv",
      "/links[0]",
      "/.h5fs/.h5fs",
      "/links/.h5fs",
    ]) {
      assert.equal(tree.resolve(path), undefined, path);
    }
  });

  it("have each its own inode number", () => {
    const paths = [
      "/",
      "/.h5fs",
      "/collisions",
      "/.h5fs/collisions",
      "/collisions/y.npy",
      "/collisions/y.csv",
      "/collisions/y.npy.npy",
      "/collisions/y[0:2].npy",
      "/collisions/y[0:2].csv",
      "/collisions/y[1:3].npy",
      "/collisions/y.attrs.json",
      "/external/group",
      "/external/again",
      "/.h5fs/external/again",
    ];
    const nodes = paths.map((path) => tree.resolve(path));
    assert.equal(new Set(nodes.map((node) => node?.ino)).size, paths.length);
    assert.equal(new Set(nodes.map((node) => node?.key)).size, paths.length);
    assert.ok(nodes.every((node) => Number.isSafeInteger(node?.ino)));
  });

  it("are those of the views that were asked for", () => {
    const views = open(undefined, { views: ["csv", "npy"] });
    assert.deepEqual(listing(views, "/collisions").slice(0, 6), [
      "link.csv -> y.csv",
      "link.npy/",
      "s.csv",
      "s.npy",
      "s[0:2].csv",
      "s[0:2].npy",
    ]);
    assert.deepEqual(listing(views, "/dots/sub"), [".hidden.csv", ".hidden.npy"]);
  });
});

describe("attributes as JSON", () => {
  const tree = open();

  it("say type, shape and value of each, whatever its size and name", () => {
    const attributes = JSON.parse(text(tree, "/attributes/.attrs.json"));
    assert.equal(text(tree, "/attributes.attrs.json"), text(tree, "/attributes/.attrs.json"));
    assert.deepEqual(Object.keys(attributes).length, 9);
    assert.deepEqual(attributes.units.value, "degC");
    assert.deepEqual(attributes.matrix, {
      type: "big-endian int16",
      shape: [2, 3],
      value: [
        [0, 1, 2],
        [3, 4, 5],
      ],
    });
    assert.equal(attributes.large.value.length, 60_000);
    assert.deepEqual(attributes.none, { type: "float64", shape: null, value: null });
    assert.equal(attributes["n".repeat(300)].value, 1);
    assert.deepEqual(attributes.flag, { type: "bool", shape: [], value: true });
    assert.deepEqual(attributes.color.type, { class: "enum", base: "int8", members: { RED: 0, GREEN: 1 } });
    assert.deepEqual(attributes.rec.value, { a: 1, b: 2.5 });
    assert.equal(text(tree, "/links/.attrs.json"), "{}\n");
  });
});

describe("soft links", () => {
  const tree = open();

  it("lead to what they mean, and never outside", () => {
    const links = new Map(
      listing(tree, "/links")
        .map((line) => line.split(/ -> |: /, 2))
        .map(([name, target]) => [name, target]),
    );
    assert.equal(links.get("relative.npy"), "data.npy");
    assert.equal(links.get("absolute.npy"), "data.npy");
    assert.equal(links.get("through.npy"), "data.npy");
    assert.equal(links.get("dot"), ".");
    assert.equal(links.get("root"), "..");
    assert.equal(links.get("dangling"), "nothing/here");
    assert.equal(links.get("etc"), "../etc/passwd");
    assert.equal(links.get("escape"), `${"%2E%2E/".repeat(6)}etc/passwd`);
    assert.equal(links.get("loop1"), "loop2");
    assert.equal(links.get("chain0.npy"), "chain1.npy");
    assert.match(links.get("long") ?? "", /longer than the 4095 bytes/);
    assert.equal(tree.resolve("/links/loop1"), undefined);
    assert.equal(tree.resolve("/links/deep/er/self/up/deep/er/up/data.npy")?.key, tree.resolve("/links/data.npy")?.key);
    assert.deepEqual(listing(tree, "/links/deep"), ["er -> ../../alias"]);
  });
});

describe("external links", () => {
  it("to different files are told apart, whatever the files and the links are called", async () => {
    await h5wasm.ready;
    await withTempDir(async (directory) => {
      // Written alike, so that the datasets have the same address.
      for (const [name, dataset, value] of [["a.h5", "b:x", 1] as const, ["a.h5:b", "x", 2] as const]) {
        const file = new h5wasm.File(join(directory, name), "w");
        file.create_dataset({ name: dataset, data: Int32Array.of(value) });
        file.close();
      }
      const main = new h5wasm.File(join(directory, "main.h5"), "w");
      main.create_external_link("a.h5", "b:x", "first");
      main.create_external_link("a.h5:b", "x", "second");
      main.close();
      const tree = open(join(directory, "main.h5"));
      const nodes = [tree.resolve("/first.csv"), tree.resolve("/second.csv")];
      const [first, second] = nodes.map((node) => (node?.kind === "file" ? [node.address, node.key, node.ino] : []));
      assert.equal(first?.[0], second?.[0]);
      assert.notEqual(first?.[1], second?.[1]);
      assert.notEqual(first?.[2], second?.[2]);
    });
  });

  it("appear as what they point to, below the file's own directory", () => {
    const tree = open();
    const lines = listing(tree, "/external");
    for (const line of ["again/", "data.npy", "group/", "itself/", "whole/"]) assert.ok(lines.includes(line), line);
    assert.deepEqual(listing(tree, "/external/group"), [
      "absolute.npy",
      "outside/",
      "relative.npy -> values.npy",
      "sub/",
      "twin -> sub",
      "values.npy",
    ]);
    assert.equal(text(tree, "/external/data.csv"), "values\n0\n1\n2\n3\n");
    assert.equal(text(tree, "/external/group/values@1:3.csv"), "values\n1\n2\n");
    assert.equal(text(tree, "/external/group/relative.csv"), "values\n0\n1\n2\n3\n");
    assert.ok(listing(tree, "/external/whole").includes("back -> ../.."));
    for (const [name, why] of [
      ["missing", /does not exist/],
      ["outside", /not below/],
      ["passwd", /not below/],
      ["loop", /more than 16 external/],
      ["nothing", /no such link/],
      ["directory", /is a directory/],
    ] as const) {
      const node = tree.resolve(`/external/${name}`);
      assert.ok(node !== undefined);
      assert.match(problemOf(node)?.message ?? "", why);
    }
  });

  it("are followed as the mount option says", () => {
    assert.match(
      listing(open(undefined, { policy: "off" }), "/external").find((line) => line.startsWith("group")) ?? "",
      /external=off/,
    );
    const all = listing(open(undefined, { policy: "all" }), "/external");
    assert.ok(all.includes("outside/"));
    assert.match(all.find((line) => line.startsWith("passwd")) ?? "", /not an HDF5 file/);
  });

  it("lead neither through symbolic links out of the directory nor into the mount itself", async () => {
    await withTempDir((dir) => {
      mkdirSync(join(dir, "in"));
      mkdirSync(join(dir, "out"));
      copyFileSync(join(DATA, "names.h5"), join(dir, "in/names.h5"));
      copyFileSync(join(DATA, "below/other.h5"), join(dir, "out/other.h5"));
      symlinkSync("../out", join(dir, "in/below"));
      assert.match(
        listing(open(join(dir, "in/names.h5")), "/external").find((line) => line.startsWith("group")) ?? "",
        /not below/,
      );
      const forbidden = realpathSync(join(dir, "out"));
      const mounted = open(join(dir, "in/names.h5"), { policy: "all", forbidden });
      assert.match(
        listing(mounted, "/external").find((line) => line.startsWith("group")) ?? "",
        /in this mount itself/,
      );
    });
  });
});
