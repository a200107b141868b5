/**
 * A program that changes a file at random until it is killed: `node busy-writer.js FILE SEED`. Before each change that it makes
 * it prints `? N HASH`, of what the file is to hold, and when it is published `! N`; first of all `! 0` and the hash of what was there.
 */
import { createHash } from "node:crypto";
import { writeSync } from "node:fs";
import { WritableFile } from "../../src/object/writable-file.ts";
import { seededRandom } from "../storage/journal/cell-file.ts";
import { listFile, listModel, modelOf } from "./file-model.ts";
import { chooseOperation } from "./operations.ts";

const [path = "", seed = "1"] = process.argv.slice(2);
const random = seededRandom(Number(seed));
const pick = (n: number): number => Math.floor(random() * n);
const hash = (text: string): string => createHash("sha1").update(text).digest("hex");

const file = WritableFile.open(path);
const model = modelOf(file.read());
writeSync(1, `! 0 ${hash(listFile(file.read()))}\n`);
for (let n = 1; ; n++) {
  const operation = chooseOperation(model, pick);
  if (operation === undefined) continue;
  operation.commit();
  writeSync(1, `? ${n} ${hash(listModel(model))}\n`);
  file.transaction((transaction) => operation.change(transaction));
  writeSync(1, `! ${n}\n`);
  const next = random();
  if (next < 0.1) file.sync();
  else if (next < 0.3) file.checkpoint();
}
