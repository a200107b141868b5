import type { H5File } from "../object/file.ts";
import type { Group } from "../object/group.ts";
import { CanonicalNames } from "./canonical-name.ts";

/**
 * A subtree of the mount that shows (a part of) one file: the mounted file, or what an external link leads to. Its
 * directories are its own, though the same group may be shown elsewhere: a directory has one parent only.
 */
export interface Realm {
  readonly file: H5File;
  /** The group at its top. */
  readonly root: Group;
  /** Where that is shown. */
  readonly path: string;
  readonly canonical: CanonicalNames;
  /** External links that lead here, one in another. */
  readonly depth: number;
}

export function createRealm(root: Group, path: string, depth: number): Realm {
  return { file: root.file, root, path, canonical: new CanonicalNames(root, path), depth };
}
