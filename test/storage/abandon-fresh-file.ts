/** A program that is killed while it makes a file anew, as `h5fs repack` does: `node abandon-fresh-file.js FILE`. */

import { newFileBytes } from "../../src/object/new-file.ts";
import { createGroup } from "../../src/object/new-object.ts";
import { WritableFile } from "../../src/object/writable-file.ts";
import { FreshFile } from "../../src/storage/fresh-file.ts";

const [path = ""] = process.argv.slice(2);
const fresh = FreshFile.begin(path, "replace");
fresh.write(newFileBytes({}));
const file = WritableFile.open(fresh.temporary, { isLocked: true });
file.transaction(({ edit }) => createGroup(edit, 1_700_000_000));
process.kill(process.pid, "SIGKILL");
