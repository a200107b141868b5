import { FormatError } from "../errors.ts";
import type { H5File } from "../object/file.ts";
import { Group } from "../object/group.ts";
import type { DirectoryNode } from "./node.ts";
import type { Realm } from "./realm.ts";

/** Where a directory is. */
export interface DirectoryPlace {
  readonly path: string;
  readonly parent: DirectoryNode | undefined;
}

/** What a directory is, wherever it is. */
export interface DirectoryIdentity {
  readonly key: string;
  readonly ino: number;
  readonly realm: Realm;
  readonly isHidden: boolean;
}

/** A directory that shows a group. Of a file that changes, it has the group as it is now. */
export class GroupDirectory implements DirectoryNode {
  readonly kind = "directory";
  readonly key: string;
  readonly ino: number;
  readonly realm: Realm;
  readonly isHidden: boolean;
  readonly file: H5File;
  readonly address: number;
  #place: DirectoryPlace;
  #group: Group;
  #seen: number;

  constructor(group: Group, { key, ino, realm, isHidden }: DirectoryIdentity, place: DirectoryPlace) {
    this.key = key;
    this.ino = ino;
    this.realm = realm;
    this.isHidden = isHidden;
    this.file = group.file;
    this.address = group.address;
    this.#place = place;
    this.#group = group;
    this.#seen = group.file.id;
  }

  get path(): string {
    return this.#place.path;
  }

  get parent(): DirectoryNode | undefined {
    return this.#place.parent;
  }

  /** @throws FormatError where the group is damaged */
  get group(): Group {
    if (this.#seen !== this.file.id) {
      const object = this.file.object(this.address, this.path);
      if (!(object instanceof Group)) {
        throw new FormatError(`${this.path}: is a ${object.kind}, where a group was`, { address: this.address });
      }
      this.#group = object;
      this.#seen = this.file.id;
    }
    return this.#group;
  }

  /** The directory has been renamed, or one that it is in. */
  move(place: DirectoryPlace): void {
    this.#place = place;
  }
}
