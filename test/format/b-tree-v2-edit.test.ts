import assert from "node:assert/strict";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { BTreeV2 } from "../../src/format/b-tree-v2.ts";
import { BTreeV2Editor } from "../../src/format/b-tree-v2-edit.ts";
import { bTreeV2HeaderSize, bTreeV2Levels, decodeBTreeV2Header } from "../../src/format/b-tree-v2-header.ts";
import { type NodePointer, readBTreeV2Node } from "../../src/format/b-tree-v2-node.ts";
import { LINK_NAME_RECORD_SIZE, RecordType } from "../../src/format/b-tree-v2-records.ts";
import type { FormatContext } from "../../src/format/context.ts";
import { MESSAGE } from "../../src/format/header-message.ts";
import { decodeLinkInfo, encodeLinkInfo } from "../../src/format/link-info.ts";
import { ObjectHeaderEditor } from "../../src/format/object-header-edit.ts";
import { Reader } from "../../src/format/reader.ts";
import { Group } from "../../src/object/group.ts";
import { WritableFile } from "../../src/object/writable-file.ts";
import { seededRandom } from "../storage/journal/cell-file.ts";
import { assertSound } from "../support/sound.ts";
import { withTempDir } from "../support/temp-dir.ts";

const RECORD_SIZE = 13;

/** A record whose key is its first four bytes; the others follow from the key and `salt`. */
function recordOf(key: number, salt: number): Uint8Array {
  const record = new Uint8Array(RECORD_SIZE).fill((key * 31 + salt) & 0xff);
  new DataView(record.buffer).setUint32(0, key, true);
  return record;
}

const at =
  (key: number) =>
  (view: DataView, offset: number): number =>
    key - view.getUint32(offset, true);

/** Walks the tree as it is in the file. @returns its depth and its records, after every node was found to hold what it may */
function walk(context: FormatContext, address: number): { depth: number; records: Uint8Array[] } {
  const r = context.reader(address, bTreeV2HeaderSize(context), "header");
  const header = decodeBTreeV2Header(r, context);
  const levels = bTreeV2Levels(header, context.sizeOfOffsets, r);
  const records: Uint8Array[] = [];
  const visit = (pointer: NodePointer, level: number): void => {
    const node = readBTreeV2Node(context, header, levels, pointer, level);
    const most = levels[level]?.maxRecords ?? 0;
    if (level === header.depth) assert.ok(node.recordCount >= 1);
    else assert.ok(node.recordCount >= Math.floor((most * header.mergePercent) / 100), "too empty");
    assert.ok(node.recordCount <= Math.floor((most * header.splitPercent) / 100), "too full");
    for (let i = 0; i <= node.recordCount; i++) {
      const child = node.children[i];
      if (child !== undefined) visit(child, level - 1);
      if (i < node.recordCount) records.push(node.records.slice(i * header.recordSize, (i + 1) * header.recordSize));
    }
  };
  const { rootNodeAddress, rootNodeRecords, totalRecords } = header;
  if (rootNodeAddress !== undefined) {
    visit({ address: rootNodeAddress, records: rootNodeRecords, total: totalRecords }, header.depth);
  }
  assert.equal(records.length, totalRecords);
  return { depth: header.depth, records };
}

async function emptyFile(directory: string): Promise<string> {
  await h5wasm.ready;
  const path = join(directory, "file.h5");
  new h5wasm.File(path, "w").close();
  return path;
}

describe("version 2 B-trees, edited in place", () => {
  for (const nodeSize of [128, 512, 2048]) {
    it(`nodes of ${nodeSize} bytes: thousands of records come and go, and every node holds what it may`, async () => {
      await withTempDir(async (directory) => {
        const file = WritableFile.open(await emptyFile(directory));
        const random = seededRandom(nodeSize);
        const model = new Map<number, number>();
        const keys: number[] = [];
        const options = { type: RecordType.linkName, recordSize: RECORD_SIZE, nodeSize };
        const address = file.transaction(({ edit }) => BTreeV2Editor.create(edit, options).address);
        let deepest = 0;
        for (let round = 0; round < 10; round++) {
          file.transaction(({ edit }) => {
            const tree = BTreeV2Editor.open(edit, address, RecordType.linkName, RECORD_SIZE);
            for (let n = 0; n < 700; n++) {
              const i = Math.floor(random() * keys.length);
              const some = keys[i];
              if (some !== undefined && random() < (round < 5 ? 0.15 : 0.9)) {
                assert.deepEqual(tree.remove(at(some)), recordOf(some, model.get(some) ?? -1));
                assert.equal(tree.remove(at(some)), undefined);
                model.delete(some);
                keys[i] = keys.at(-1) ?? 0;
                keys.pop();
              } else if (some !== undefined && random() < 0.1) {
                assert.ok(tree.replace(recordOf(some, round), at(some)));
                model.set(some, round);
              } else {
                // Now and then one after another, as chunks and creation orders come.
                const key = round % 3 === 0 ? round * 100_000 + n : Math.floor(random() * 2 ** 32);
                if (model.has(key)) continue;
                tree.insert(recordOf(key, round), at(key));
                if (n % 50 === 0) assert.throws(() => tree.insert(recordOf(key, 1), at(key)), /already/);
                // What is changed after it was written in the midst of a transaction is written again.
                if (n % 100 === 0) edit.writeEdited();
                model.set(key, round);
                keys.push(key);
              }
            }
            assert.equal(tree.totalRecords, model.size);
          });
          const { depth, records } = walk(file.read().context, address);
          deepest = Math.max(deepest, depth);
          const expected = [...model].sort(([a], [b]) => a - b).map(([key, salt]) => recordOf(key, salt));
          assert.deepEqual(records, expected);
        }
        assert.ok(deepest >= (nodeSize === 128 ? 3 : 1));
        file.transaction(({ edit }) => {
          const tree = BTreeV2Editor.open(edit, address, RecordType.linkName, RECORD_SIZE);
          for (const key of keys) assert.ok(tree.remove(at(key)) !== undefined);
          assert.equal(tree.totalRecords, 0);
        });
        assert.deepEqual(walk(file.read().context, address), { depth: 0, records: [] });
        file.close();
      });
    });
  }

  it("libhdf5 finds every link by an index that was made anew, and goes on with it", async () => {
    const { activate_throwing_error_handler, deactivate_throwing_error_handler } = await h5wasm.ready;
    await withTempDir(async (directory) => {
      const path = join(directory, "dense.h5");
      const made = new h5wasm.File(path, "w");
      const names = Array.from({ length: 1500 }, (_, i) => `link ${i}`);
      const theirs = made.create_group("g");
      for (const name of names) theirs.create_soft_link("/", name);
      made.close();

      const file = WritableFile.open(path);
      file.transaction(({ file: now, edit }) => {
        const group = now.root.get("g");
        const header = new ObjectHeaderEditor(edit, group.address);
        const message = header.first(MESSAGE.linkInfo);
        assert.ok(message !== undefined);
        const info = decodeLinkInfo(new Reader(message.body, 0, "link info", edit));
        const { linkName } = RecordType;
        const old = BTreeV2Editor.open(edit, info.nameIndexAddress ?? 0, linkName, LINK_NAME_RECORD_SIZE);
        const records = [...old.records()];
        old.free();
        const tree = BTreeV2Editor.create(edit, { type: linkName, recordSize: LINK_NAME_RECORD_SIZE });
        const random = seededRandom(5);
        const hashOf = (record: Uint8Array): number => new DataView(record.buffer).getUint32(0, true);
        for (let round = 0; round < 3; round++) {
          for (const record of records.sort(() => random() - 0.5)) tree.insert(record, at(hashOf(record)));
          if (round === 2) break;
          for (const record of records.sort(() => random() - 0.5)) tree.remove(at(hashOf(record)));
        }
        const w = edit.writer();
        encodeLinkInfo(w, { ...info, nameIndexAddress: tree.address });
        header.replace(message, w.bytes);
        header.write();
        walk(now.context, info.nameIndexAddress ?? 0);
      });
      assertSound(file.read());
      file.close();

      activate_throwing_error_handler();
      try {
        const wasm = new h5wasm.File(path, "a");
        const group = wasm.get("g");
        assert.ok(group instanceof h5wasm.Group);
        assert.deepEqual(group.keys().sort(), names.toSorted());
        for (const name of names) assert.equal(wasm.get_link(`g/${name}`), "/");
        for (let i = 0; i < 500; i++) group.create_soft_link("/", `theirs ${i}`);
        wasm.close();
      } finally {
        deactivate_throwing_error_handler();
      }
      const again = WritableFile.open(path);
      assertSound(again.read());
      const group = again.read().root.get("g");
      assert.ok(group instanceof Group);
      assert.equal([...group.links()].length, 2000);
      const { context } = again.read();
      const { nameIndexAddress } = linkInfoOf(group);
      const { linkName } = RecordType;
      const tree = BTreeV2.open(context, nameIndexAddress ?? 0, linkName, LINK_NAME_RECORD_SIZE);
      assert.equal(tree.header.totalRecords, 2000);
      walk(context, nameIndexAddress ?? 0);
      again.close();
    });
  });
});

function linkInfoOf(group: Group) {
  const message = group.header.messages.find(({ type }) => type === MESSAGE.linkInfo);
  assert.ok(message !== undefined);
  return decodeLinkInfo(new Reader(message.body, 0, "link info", group.file.context));
}
