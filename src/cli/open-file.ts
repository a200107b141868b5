import { realpathSync } from "node:fs";
import { H5Error } from "../errors.ts";
import { ExternalFiles } from "../object/external-files.ts";
import { H5File } from "../object/file.ts";
import { type OpenedStorage, openStorage } from "../object/open-storage.ts";
import { lockShared } from "../storage/journal/system-calls.ts";

/** Opens a file whose external links may lead to files below its own directory, and raw data be in such, as in a mount. */
export function openFile(name: string): H5File {
  return attachFile(name, openLocked(name).storage);
}

/** The same of a storage that is open. */
export function attachFile(name: string, storage: OpenedStorage["storage"]): H5File {
  const main = realpathSync(name);
  const externalFiles = new ExternalFiles({ main, policy: "below", lock: lockShared });
  const file = H5File.open(storage, { externalFiles });
  externalFiles.add(main, file);
  return file;
}

/** Opens a file for reading; while it is open no other program, of those that respect locks, opens it for writing. */
export function openLocked(name: string): OpenedStorage {
  const opened = openStorage(name);
  if (lockShared(opened.storage.fd)) return opened;
  opened.storage.close();
  throw new H5Error("locked", `${name}: another program has the file open for writing; it cannot be read meanwhile`);
}
