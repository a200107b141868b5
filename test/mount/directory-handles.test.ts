import assert from "node:assert/strict";
import { DirectoryHandles } from "../../mount/directory-handles.ts";
import { ErrnoError } from "../../mount/errno.ts";
import { H5File } from "../../src/object/file.ts";
import { Tree } from "../../src/tree/tree.ts";

const directory = new Tree(H5File.open("scripts/sample/sample.h5")).root;

describe("directory handles", () => {
  const names = ["a", "b", "c", "d"];
  let made: string[];
  const handles = new DirectoryHandles(function* () {
    for (const name of names) {
      made.push(name);
      yield { name, node: directory };
    }
  });
  const read = (handle: number, offset: number, count: number): [string, number][] => {
    const out: [string, number][] = [];
    for (const { name, next } of handles.after(handle, offset)) {
      out.push([name, next]);
      if (out.length === count) break;
    }
    return out;
  };

  beforeEach(() => {
    made = [];
  });

  it("go on after an entry, each entry made once, and none before it is needed", () => {
    const handle = handles.open(directory);
    assert.deepEqual(read(handle, 0, 3), [
      [".", 1],
      ["..", 2],
      ["a", 3],
    ]);
    assert.deepEqual(made, ["a"]);
    assert.deepEqual(read(handle, 3, 9), [
      ["b", 4],
      ["c", 5],
      ["d", 6],
    ]);
    assert.deepEqual(read(handle, 6, 9), []);
    assert.deepEqual(made, names);
  });

  it("give an entry again that did not fit", () => {
    const handle = handles.open(directory);
    read(handle, 0, 5);
    assert.deepEqual(read(handle, 4, 2), [
      ["c", 5],
      ["d", 6],
    ]);
    assert.deepEqual(made, names);
  });

  it("start anew after rewinddir and seekdir", () => {
    const handle = handles.open(directory);
    read(handle, 0, 6);
    read(handle, 6, 1);
    assert.deepEqual(read(handle, 2, 1), [["a", 3]]);
    assert.deepEqual(read(handle, 0, 1), [[".", 1]]);
  });

  it("are closed by release", () => {
    const handle = handles.open(directory);
    handles.release(handle);
    assert.throws(() => read(handle, 0, 1), ErrnoError);
  });
});
