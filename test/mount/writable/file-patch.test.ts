import assert from "node:assert/strict";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createFileDataset, storeInChunks } from "../../../mount/writable/chunked-store.ts";
import { FileBuffer, inMemory } from "../../../mount/writable/file-buffer.ts";
import { FileMaker } from "../../../mount/writable/file-maker.ts";
import { FilePatch } from "../../../mount/writable/file-patch.ts";
import { LiveFile } from "../../../mount/writable/live-file.ts";
import { PLAIN_STORAGE } from "../../../mount/writable/new-file-storage.ts";
import { PosixStore } from "../../../mount/writable/posix-store.ts";
import { PromisedHeaders } from "../../../mount/writable/promised-headers.ts";
import { setAttribute } from "../../../src/object/attribute-edit.ts";
import { datasetAt } from "../../../src/object/dataset-at.ts";
import { extentsOfFile } from "../../../src/object/extents.ts";
import { H5File } from "../../../src/object/file.ts";
import { addLink, named } from "../../../src/object/link-edit.ts";
import { createFile, LIBRARY_VERSIONS, type LibraryVersion } from "../../../src/object/new-file.ts";
import { scalarInteger } from "../../../src/object/scalar-attribute.ts";
import { type FileTransaction, WritableFile } from "../../../src/object/writable-file.ts";
import { resizeDataset, writeSelection } from "../../../src/object/write-dataset.ts";
import { type PosixMetadata, posixMetadata } from "../../../src/tree/posix-metadata.ts";
import { assertSound } from "../../support/sound.ts";
import { withTempDir } from "../../support/temp-dir.ts";

/** As many as headers are set aside together: none is left that was made at another time. */
const SIZES = [0, 1, 100, 128, 129, 1000, 4095, 5000, 40_000, 65_535, 65_536, 70_000, 300_000, 0, 2, 200];
const COUNT = 2 * SIZES.length;

const STORE = new PosixStore(true);

function metadata(seconds: number): PosixMetadata {
  const time = { seconds, nanoseconds: seconds % 1000 };
  return {
    mode: 0o100644,
    uid: 1000,
    gid: 5,
    rdev: 0,
    atime: { seconds: -5, nanoseconds: 7 },
    mtime: time,
    ctime: time,
  };
}

function bytesOf(size: number, salt: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8) + salt) % 251);
}

/** With a gap before its last bytes; of the smallest there is nothing but a gap. */
function bufferOf(size: number, salt: number): FileBuffer {
  const buffer = new FileBuffer(inMemory(new Uint8Array(0)));
  const bytes = bytesOf(size, salt);
  buffer.write(0, bytes.subarray(0, size >> 1));
  buffer.write(size - (size >> 2), bytes.subarray(size - (size >> 2)));
  return buffer;
}

/** The same, times and all. */
function twoFiles(directory: string, libver: LibraryVersion): [string, string] {
  const [first, second] = [join(directory, "first.h5"), join(directory, "second.h5")];
  createFile(first, { libver });
  copyFileSync(first, second);
  return [first, second];
}

/** All that is in a file, byte for byte: what the journal leaves in free space is random. */
function structures(path: string): unknown[] {
  const bytes = readFileSync(path);
  const file = H5File.open(path);
  const extents = [...extentsOfFile(file, (where, error) => assert.fail(`${where}: ${error.message}`))];
  file.close();
  return extents.map((extent) => {
    const { address, length } = extent;
    return { ...extent, bytes: bytes.toString("latin1", address, address + length) };
  });
}

/** A file of many files. @param maker of each of them @returns how many were made like another */
function make(path: string, maker: () => FileMaker): number {
  const writable = WritableFile.open(path);
  const headers = new PromisedHeaders(new LiveFile(writable, (error) => assert.fail(String(error))));
  let copies = 0;
  for (let i = 0; i < COUNT; i++) {
    const size = SIZES[i % SIZES.length] ?? 0;
    const known = metadata(1000 + i);
    const attributes = () => STORE.attributesFor(known);
    const file = { room: headers.take(), seconds: 1000, size, metadata: known, attributes };
    writable.transaction((transaction) => {
      const { patch } = maker().make(transaction, file, size === 0 ? undefined : bufferOf(size, i).change());
      if (patch !== undefined) copies++;
      link(transaction, `f${i}`, file.room.address);
    });
  }
  assertSound(writable.read());
  writable.close();
  return copies;
}

function link(transaction: FileTransaction, name: string, address: number): void {
  addLink(transaction.edit, transaction.file.root.address, { ...named(name), kind: "hard", address });
}

describe("new files, made one like the other", () => {
  for (const libver of LIBRARY_VERSIONS) {
    it(`are what the engine makes, byte for byte: ${libver}`, () =>
      withTempDir((directory) => {
        const [expected, path] = twoFiles(directory, libver);
        const maker = new FileMaker();
        assert.equal(
          make(path, () => maker),
          17,
        );
        assert.equal(
          make(expected, () => new FileMaker()),
          0,
        );
        assert.deepEqual(structures(path), structures(expected));
      }));
  }
});

/** Of a file of 5,000 bytes in a chunk of 5,120: what is written, and how large it is then. */
const CHANGES = [
  { offset: 5000, length: 40, size: 5040 },
  { offset: 10, length: 4000, size: 5040 },
  { offset: 0, length: 0, size: 5050 },
  { offset: 5060, length: 60, size: 5120 },
];

/** A file that is changed by patches, or as any dataset is. */
function change(path: string, hasContinuation: boolean, how: "patched" | "edited"): void {
  const writable = WritableFile.open(path);
  const address = writable.transaction((transaction) => {
    const attributes = STORE.attributesFor(metadata(1000));
    const made = createFileDataset(transaction, 1000, PLAIN_STORAGE, attributes, { size: 5000 });
    storeInChunks(transaction, made, bufferOf(5000, 0).change());
    link(transaction, "f", made);
    // Takes the place of messages, which move to a continuation block.
    for (let i = 0; hasContinuation && i < 2; i++) {
      setAttribute(transaction.edit, made, scalarInteger(`another ${i}`, 4, i));
    }
    return made;
  });
  let patch: FilePatch | undefined;
  let storedSize = 5000;
  for (const [i, { offset, length, size }] of CHANGES.entries()) {
    const changed = { size, pieces: length === 0 ? [] : [{ offset, bytes: bytesOf(length, i) }] };
    const [known, before] = [metadata(2000 + 7 * i), writable.stateOf(address)];
    writable.transaction((transaction) => {
      if (how === "edited") {
        storeInChunks(transaction, address, { ...changed, kept: storedSize, holes: [] });
        STORE.write(transaction, address, known);
        return;
      }
      patch ??= FilePatch.read(transaction, address);
      assert.ok(patch?.fits(changed, storedSize));
      patch?.apply(transaction, { ...changed, metadata: known });
    });
    storedSize = size;
    const dataset = datasetAt(writable.read(), address);
    assert.deepEqual([dataset.dims, posixMetadata(dataset)], [[size], known]);
    assert.notEqual(writable.stateOf(address), before);
  }
  assert.equal(patch?.fits({ size: 5121, pieces: [] }, 5120) ?? false, false);
  // Others may change it afterwards.
  writable.transaction((transaction) => {
    writeSelection(transaction, address, { elements: [5119, 0] }, Uint8Array.of(1, 2));
    resizeDataset(transaction, address, [6000]);
    setAttribute(transaction.edit, address, scalarInteger("last", 4, 1));
  });
  assertSound(writable.read());
  writable.close();
}

describe("small changes of a file", () => {
  for (const libver of LIBRARY_VERSIONS) {
    for (const hasContinuation of [false, true]) {
      it(`are what editing makes, byte for byte: ${libver}${hasContinuation ? ", a header in two blocks" : ""}`, () =>
        withTempDir((directory) => {
          const [expected, path] = twoFiles(directory, libver);
          change(path, hasContinuation, "patched");
          change(expected, hasContinuation, "edited");
          assert.deepEqual(structures(path), structures(expected));
        }));
    }
  }
});
