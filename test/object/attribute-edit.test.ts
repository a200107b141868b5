import assert from "node:assert/strict";
import { copyFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { deleteAttribute, setAttribute } from "../../src/object/attribute-edit.ts";
import { integerType } from "../../src/object/datatypes.ts";
import { H5File, type H5Object } from "../../src/object/file.ts";
import { WritableFile } from "../../src/object/writable-file.ts";
import { seededRandom } from "../storage/journal/cell-file.ts";
import { projectRoot } from "../support/project.ts";
import { assertSound } from "../support/sound.ts";
import { withTempDir } from "../support/temp-dir.ts";
import { describeFile } from "./describe.ts";

const DATA = join(projectRoot(), "test/data/engine");

const int32 = integerType(4, true);

/** Objects, each once, by a path that leads to it. */
function objectsOf(file: H5File): Map<string, H5Object> {
  const found = new Map<string, H5Object>();
  const seen = new Set<number>();
  const visit = (object: H5Object, path: string): void => {
    if (seen.has(object.address)) return;
    seen.add(object.address);
    found.set(path, object);
    if (object.kind !== "group") return;
    for (const link of object.links()) {
      if (link.kind === "hard") visit(file.object(link.address), `${path === "/" ? "" : path}/${link.name}`);
    }
  };
  visit(file.root, "/");
  return found;
}

type Description = { objects: Record<string, { attributes: Record<string, unknown> }> };

/** What is in the file but for the attributes that the test makes. */
function others(file: H5File): unknown {
  const description = JSON.parse(JSON.stringify(describeFile(file))) as Description;
  for (const object of Object.values(description.objects)) {
    for (const name of Object.keys(object.attributes)) if (name.startsWith("edited")) delete object.attributes[name];
  }
  return description;
}

/** Attributes that the test has made, by path and name. */
type Model = Map<string, Map<string, readonly number[]>>;

function check(file: H5File, model: Model): void {
  for (const [path, object] of objectsOf(file)) {
    const made = object.attributes().filter(({ name }) => name.startsWith("edited"));
    const found = new Map(
      made.map((attribute) => [attribute.name, [...new Int32Array(attribute.bytes().slice().buffer)]]),
    );
    assert.deepEqual(found, model.get(path) ?? new Map(), path);
  }
}

function change(file: WritableFile, model: Model, random: () => number): void {
  const pick = (n: number): number => Math.floor(random() * n);
  file.transaction(({ file: now, edit }) => {
    const objects = [...objectsOf(now)];
    for (let n = 0; n < 4; n++) {
      const [path, object] = objects[pick(objects.length)] ?? ["/", now.root];
      const attributes = model.get(path) ?? new Map<string, readonly number[]>();
      model.set(path, attributes);
      const name = `edited ${"x".repeat(pick(3) * 9)}${pick(5)}`;
      const values = Array.from({ length: pick(4) === 0 ? pick(400) : 1 + pick(6) }, () => pick(2 ** 31));
      const dims = [values.length];
      const dataspace = { kind: "simple", dims, maxDims: dims, maxDimsStored: false } as const;
      const isDeleted = random() < 0.3;
      const charset = random() < 0.5 ? "ascii" : "utf-8";
      const data = new Uint8Array(Int32Array.from(values).buffer);
      if (isDeleted) {
        assert.equal(deleteAttribute(edit, object.address, name), attributes.delete(name));
      } else {
        setAttribute(edit, object.address, { name, charset, datatype: int32, dataspace, data });
        attributes.set(name, values);
      }
    }
  });
}

describe("attributes of object headers, edited in place", () => {
  for (const name of readdirSync(DATA).filter((file) => file.endsWith(".h5"))) {
    it(`${name}: nothing else changes, and libhdf5 reads the same`, async () => {
      const { activate_throwing_error_handler, deactivate_throwing_error_handler } = await h5wasm.ready;
      await withTempDir((directory) => {
        const path = join(directory, "edited.h5");
        copyFileSync(join(DATA, name), path);
        const before = others(H5File.open(path));
        const random = seededRandom(name.length);
        const model: Model = new Map();
        const file = WritableFile.open(path);
        for (let round = 0; round < 20; round++) {
          change(file, model, random);
          check(file.read(), model);
        }
        assert.deepEqual(others(file.read()), before);
        file.close();
        const closed = H5File.open(path);
        assertSound(closed);
        check(closed, model);
        assert.deepEqual(others(closed), before);
        closed.close();
        assert.deepEqual(readdirSync(directory), ["edited.h5"]);

        activate_throwing_error_handler();
        const wasm = new h5wasm.File(path, "r");
        for (const [at, attributes] of model) {
          const object = wasm.get(at);
          assert.ok(object !== null && "attrs" in object, at);
          const found = Object.entries(object.attrs).filter(([key]) => key.startsWith("edited"));
          const values = found.map(
            ([key, { value }]) => [key, value instanceof Int32Array ? [...value] : value] as const,
          );
          assert.deepEqual(
            new Map(values.map(([key, value]) => [key, value ?? []])),
            attributes,
            `${at}, as libhdf5 reads it`,
          );
        }
        wasm.close();
        deactivate_throwing_error_handler();
      });
    });
  }
});
