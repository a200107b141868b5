import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** The folder of this checkout: the nearest one, from the working directory up, whose package.json is called h5fs. */
export function projectRoot(): string {
  for (let dir = process.cwd(); ; dir = dirname(dir)) {
    const manifest = join(dir, "package.json");
    if (existsSync(manifest) && /"name": "h5fs"/.test(readFileSync(manifest, "utf8"))) {
      return dir;
    }
    if (dir === dirname(dir)) {
      throw new Error(`no package.json of h5fs in ${process.cwd()} or above`);
    }
  }
}

/** The sample file that `npm start` shows. */
export function sampleFile(): string {
  return join(projectRoot(), "scripts/sample/sample.h5");
}

/** Folder of real-world HDF5 files with their truth, where there is one: H5FS_CORPUS, else ../shared/corpus. */
export function corpusRoot(): string | undefined {
  const dir = resolve(projectRoot(), process.env.H5FS_CORPUS ?? "../shared/corpus");
  return existsSync(dir) ? dir : undefined;
}

/** Absolute paths of the HDF5 files below `dir`, whatever their extension, in order of name; none if there is no such folder. */
export function hdf5Files(dir: string): string[] {
  if (!existsSync(dir)) {
    return [];
  }
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(h5|hdf5|h5ad|mat|nc)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
