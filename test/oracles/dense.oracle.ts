import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { deleteAttribute, renameAttribute, setAttribute } from "../../src/object/attribute-edit.ts";
import { integerType } from "../../src/object/datatypes.ts";
import type { H5File } from "../../src/object/file.ts";
import { Group } from "../../src/object/group.ts";
import { addLink, removeLink, renameLink } from "../../src/object/link-edit.ts";
import { type FileTransaction, WritableFile } from "../../src/object/writable-file.ts";
import { seededRandom } from "../storage/journal/cell-file.ts";
import { notRun } from "../support/not-run.ts";
import { projectRoot } from "../support/project.ts";
import { python } from "../support/python.ts";
import { assertSound } from "../support/sound.ts";
import { withTempDir } from "../support/temp-dir.ts";

type Operation =
  | readonly ["link" | "external" | "rename" | "reattribute", string, string]
  | readonly ["unlink" | "delete", string]
  | readonly ["attribute", string, readonly number[]];

/** What is to be in the group, in the order of creation. */
interface Model {
  readonly links: Map<string, string>;
  readonly attributes: Map<string, readonly number[]>;
}

interface Setting {
  readonly libver: "earliest" | "v108" | "latest";
  readonly track: "no" | "tracked" | "indexed";
  /** Most that are compact, least that are dense; `null`: as libhdf5 has it. */
  readonly thresholds: readonly [number, number] | null;
  readonly sizes: readonly [number, number];
  /** Links and attributes in the end, about. */
  readonly most: number;
  readonly lengths: "short" | "all";
  /** Links into other files, too: symbol tables cannot have them. */
  readonly external?: boolean;
}

const int32 = integerType(4, true);

/** One Python for all of it. */
class Editor {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;

  constructor(interpreter: string) {
    this.#process = spawn(interpreter, [join(projectRoot(), "test/oracles/dense_editor.py")]);
    this.#process.stderr.pipe(process.stderr);
    this.#answers = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
  }

  async send(command: unknown): Promise<void> {
    this.#process.stdin.write(`${JSON.stringify(command)}\n`);
    const { value, done } = await this.#answers.next();
    assert.ok(done !== true, "Python ended");
    const { error } = JSON.parse(value) as { error?: string };
    assert.equal(error, undefined);
  }

  close(): void {
    this.#process.stdin.end();
  }
}

function pick<T>(random: () => number, all: readonly T[]): T | undefined {
  return all[Math.floor(random() * all.length)];
}

function nameOf(random: () => number, lengths: Setting["lengths"]): string {
  const n = Math.floor(random() * 1e9);
  if (lengths === "short") return `n${n}`;
  const kind = random();
  const length = kind < 0.7 ? n % 30 : kind < 0.97 ? n % 1500 : kind < 0.995 ? n % 5000 : n % 30_000;
  return `${n} ${"x".repeat(length)}`;
}

/** Some operations, done in the model as they are chosen. @param removing how likely something goes */
function choose(model: Model, setting: Setting, random: () => number, count: number, removing: number): Operation[] {
  const operations: Operation[] = [];
  const { links, attributes } = model;
  const linkNames = [...links.keys()];
  const attributeNames = [...attributes.keys()];
  /** In the order of their creation, so that whole blocks become empty. */
  const inOrder = random() < 0.5;
  const take = (names: string[]): string | undefined => {
    const at = inOrder ? 0 : Math.floor(random() * names.length);
    const [name] = names.splice(at, 1);
    return name;
  };
  for (let n = 0; n < count; n++) {
    const isLink = random() < 0.6;
    const names = isLink ? linkNames : attributeNames;
    const fresh = nameOf(random, setting.lengths);
    if (names.length > 0 && random() < removing) {
      const name = take(names) ?? "";
      operations.push([isLink ? "unlink" : "delete", name]);
      (isLink ? links : attributes).delete(name);
    } else if (names.length > 0 && random() < 0.1) {
      const name = take(names) ?? "";
      if (isLink) {
        links.set(fresh, links.get(name) ?? "");
        links.delete(name);
        operations.push(["rename", name, fresh]);
      } else {
        const renamed = [...attributes].map(([key, value]) => [key === name ? fresh : key, value] as const);
        attributes.clear();
        for (const [key, value] of renamed) attributes.set(key, value);
        operations.push(["reattribute", name, fresh]);
      }
      names.push(fresh);
    } else if (isLink && setting.external && random() < 0.05) {
      links.set(fresh, `${fresh}.h5:/x`);
      operations.push(["external", fresh, `${fresh}.h5:/x`]);
      names.push(fresh);
    } else if (isLink) {
      links.set(fresh, `/t/${fresh.slice(0, 12)}`);
      operations.push(["link", fresh, `/t/${fresh.slice(0, 12)}`]);
      names.push(fresh);
    } else {
      const name = random() < 0.1 ? (pick(random, names) ?? fresh) : fresh;
      const length =
        setting.lengths === "all" && setting.libver !== "earliest" && random() < 0.02
          ? 20_000
          : random() < 0.9
            ? 3
            : 300;
      const values = Array.from({ length }, () => Math.floor(random() * 2 ** 31));
      // Another value for one that is there: both sides take it away first.
      if (attributes.delete(name)) operations.push(["delete", name]);
      else names.push(name);
      attributes.set(name, values);
      operations.push(["attribute", name, values]);
    }
  }
  return operations;
}

function apply({ edit }: FileTransaction, group: number, [kind, name, value]: Operation): void {
  const link = { name, creationOrder: undefined, charset: "ascii" } as const;
  switch (kind) {
    case "link":
      addLink(edit, group, { ...link, kind: "soft", target: value });
      return;
    case "external": {
      const [file = "", target = ""] = value.split(":");
      addLink(edit, group, { ...link, kind: "external", file, target });
      return;
    }
    case "unlink":
      assert.equal(removeLink(edit, group, name)?.name, name);
      return;
    case "rename":
      assert.ok(renameLink(edit, group, name, value));
      return;
    case "attribute": {
      const dims = [value.length];
      const dataspace = { kind: "simple", dims, maxDims: dims, maxDimsStored: false } as const;
      const data = new Uint8Array(Int32Array.from(value).buffer);
      setAttribute(edit, group, { name, charset: "ascii", datatype: int32, dataspace, data });
      return;
    }
    case "delete":
      assert.ok(deleteAttribute(edit, group, name));
      return;
    case "reattribute":
      assert.ok(renameAttribute(edit, group, name, value));
  }
}

function check(file: H5File, { links, attributes }: Model, tracked: boolean): void {
  const group = file.root.get("edited");
  assert.ok(group instanceof Group);
  const found = [...group.links()];
  const target = (link: (typeof found)[number]): string =>
    link.kind === "soft" ? link.target : link.kind === "external" ? `${link.file}:${link.target}` : link.kind;
  assert.deepEqual(new Map(found.map((link) => [link.name, target(link)])), links);
  if (tracked) {
    const inOrder = found.toSorted((a, b) => (a.creationOrder ?? 0) - (b.creationOrder ?? 0));
    assert.deepEqual(
      inOrder.map(({ name }) => name),
      [...links.keys()],
    );
  }
  const values = group.attributes().map((attribute) => {
    return [attribute.name, [...new Int32Array(attribute.bytes().slice().buffer)]] as const;
  });
  assert.deepEqual(new Map(values), attributes);
  assertSound(file);
}

const SETTINGS: readonly Setting[] = [
  { libver: "earliest", track: "no", thresholds: null, sizes: [8, 8], most: 60, lengths: "short" },
  { libver: "earliest", track: "no", thresholds: null, sizes: [8, 8], most: 40, lengths: "short", external: true },
  { libver: "earliest", track: "indexed", thresholds: null, sizes: [8, 8], most: 300, lengths: "short" },
  { libver: "v108", track: "no", thresholds: null, sizes: [8, 8], most: 1500, lengths: "all" },
  { libver: "v108", track: "indexed", thresholds: [4, 2], sizes: [8, 8], most: 12, lengths: "all" },
  { libver: "latest", track: "tracked", thresholds: null, sizes: [8, 8], most: 300, lengths: "all" },
  { libver: "latest", track: "indexed", thresholds: null, sizes: [8, 8], most: 5000, lengths: "short" },
  { libver: "latest", track: "indexed", thresholds: [0, 0], sizes: [4, 4], most: 800, lengths: "all" },
  { libver: "v108", track: "no", thresholds: null, sizes: [4, 8], most: 600, lengths: "all" },
];

describe("dense links and attributes, as h5py and h5fs change them in turns", () => {
  let editor: Editor | undefined;
  after(() => editor?.close());
  for (const [i, setting] of SETTINGS.entries()) {
    it(JSON.stringify(setting), async function () {
      const interpreter = python();
      if (interpreter === undefined) return notRun(this, "no Python with h5py");
      editor ??= new Editor(interpreter);
      const { libver, track, thresholds, sizes, most } = setting;
      const tracked = track !== "no";
      await withTempDir(async (directory) => {
        const path = join(directory, "file.h5");
        await editor?.send({ file: path, create: { libver, track, thresholds, sizes } });
        const random = seededRandom(100 + i);
        const model: Model = { links: new Map(), attributes: new Map() };
        const rounds = 12;
        for (let round = 0; round < rounds; round++) {
          const count = Math.ceil(most / 5);
          // It grows, shrinks to nothing nearly, and grows again.
          const removing = round % 6 < 3 ? 0.2 : 0.85;
          const ours = choose(model, setting, random, count, removing);
          const file = WritableFile.open(path);
          const group = file.read().root.get("edited").address;
          for (let from = 0; from < ours.length; ) {
            const to = random() < 0.3 ? from + 1 : ours.length;
            file.transaction((transaction) => {
              for (const operation of ours.slice(from, to)) apply(transaction, group, operation);
            });
            from = to;
          }
          check(file.read(), model, tracked);
          file.close();
          const before = { links: [...model.links], attributes: [...model.attributes] };
          const operations = choose(model, setting, random, count, removing);
          await editor?.send({ file: path, ...before, tracked, operations });
          const closed = WritableFile.open(path);
          check(closed.read(), model, tracked);
          closed.close();
        }
      });
    });
  }
});
