import { readFileSync } from "node:fs";
import { H5Error } from "../../src/errors.ts";
import { checkFile } from "../../src/object/check.ts";
import { H5File } from "../../src/object/file.ts";
import { editFile } from "./edit-file.ts";

/** Edits the files that are named, and prints a line of JSON for each: what came of it, and what h5fs check finds afterwards. */
for (const path of process.argv.slice(2)) process.stdout.write(`${JSON.stringify({ path, ...outcome(path) })}\n`);

function outcome(path: string): object {
  let before: readonly string[];
  try {
    before = damages(path);
  } catch (error) {
    if (error instanceof H5Error) return { unreadable: error.message };
    throw error;
  }
  // A file that is damaged is not asked to be the same afterwards.
  if (before.length > 0) return { damaged: before[0] };
  const bytes = readFileSync(path);
  try {
    const edits = editFile(path);
    const [found] = damages(path);
    return found === undefined ? { edits } : { edits, broken: found };
  } catch (error) {
    if (!(error instanceof H5Error)) return { broken: error instanceof Error ? error.stack : String(error) };
    return readFileSync(path).equals(bytes)
      ? { refused: error.message }
      : { broken: `refused, but changed: ${error.message}` };
  }
}

function damages(path: string): string[] {
  const file = H5File.open(path);
  try {
    return checkFile(file, { data: true })
      .findings.filter(({ severity }) => severity === "damage")
      .map(({ message }) => message);
  } finally {
    file.close();
  }
}
