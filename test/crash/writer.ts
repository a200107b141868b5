/**
 * A program that changes a file and dies: `node writer.js FILE COUNT [sync]`. Each change is a group in the root more, `g0`,
 * `g1`..., or, where all names are taken, one less; its number is printed when it is published. After COUNT changes, the
 * last synced where that is asked for, the process kills itself.
 */
import { writeSync } from "node:fs";
import { addLink } from "../../src/object/link-edit.ts";
import { createGroup } from "../../src/object/new-object.ts";
import { unlink } from "../../src/object/unlink.ts";
import { WritableFile } from "../../src/object/writable-file.ts";

/** Names in use. */
const NAMES = 5;

const [path = "", count = "1", sync] = process.argv.slice(2);
const file = WritableFile.open(path);
for (let n = 0; n < Number(count); n++) {
  file.transaction((transaction) => {
    const { edit } = transaction;
    const { root } = transaction.file;
    const name = `g${n % NAMES}`;
    if (unlink(transaction, root.address, name)) return;
    const address = createGroup(edit, 1_700_000_000);
    addLink(edit, root.address, { kind: "hard", name, creationOrder: undefined, charset: "utf-8", address });
  });
  writeSync(1, `${n}\n`);
}
if (sync === "sync") file.sync();
process.kill(process.pid, "SIGKILL");
