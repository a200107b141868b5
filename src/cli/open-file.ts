import { realpathSync } from "node:fs";
import { ExternalFiles } from "../object/external-files.ts";
import { H5File } from "../object/file.ts";
import { LocalFile } from "../storage/local-file.ts";

/** Opens a file whose external links may lead to files below its own directory, as in a mount. */
export function openFile(name: string): H5File {
  const storage = LocalFile.open(name);
  const main = realpathSync(name);
  const externalFiles = new ExternalFiles({ main, policy: "below" });
  const file = H5File.open(storage, { externalFiles });
  externalFiles.add(main, file);
  return file;
}
