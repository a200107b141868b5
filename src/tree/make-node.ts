import type { H5Error } from "../errors.ts";
import type { DatasetPart } from "../object/dataset-part.ts";
import type { H5Object } from "../object/file.ts";
import type { Group } from "../object/group.ts";
import { childPath } from "./canonical-name.ts";
import { type DirectoryPlace, GroupDirectory } from "./group-directory.ts";
import { hashedInode, objectInode } from "./inode.ts";
import type { LinkRecord } from "./link-record.ts";
import type { BrokenNode, DirectoryNode, FileNode, NodeView, SymlinkNode } from "./node.ts";
import { ObjectFile } from "./object-file.ts";
import type { Realm } from "./realm.ts";
import { shownAs } from "./shown-as.ts";

/** Makes nodes, whose keys and inode numbers belong to (file, object, view, part). */
export class NodeMaker {
  readonly #main: Realm;

  /** @param main of the mounted file: its objects' inode numbers come from their addresses */
  constructor(main: Realm) {
    this.#main = main;
  }

  root(realm: Realm): DirectoryNode {
    const { root } = realm;
    const key = `${root.address}:directory`;
    const ino = objectInode(root.address, "directory");
    return new GroupDirectory(root, { key, ino, realm, isHidden: false }, { path: "/", parent: undefined });
  }

  /** The root once more, as `/.h5fs`. */
  hiddenRoot(root: DirectoryNode): DirectoryNode {
    return this.#hashed(root.group, root.realm, true, { path: "/", parent: root });
  }

  directory(parent: DirectoryNode, path: string, group: Group, realm: Realm): DirectoryNode {
    const { isHidden } = parent;
    const place = { path, parent };
    if (isHidden || realm.depth > 0) return this.#hashed(group, realm, isHidden, place);
    const key = `${group.address}:directory`;
    const ino = objectInode(group.address, "directory");
    return new GroupDirectory(group, { key, ino, realm, isHidden }, place);
  }

  #hashed(group: Group, realm: Realm, isHidden: boolean, place: DirectoryPlace): DirectoryNode {
    const where = realm.depth === 0 ? "" : `${JSON.stringify([realm.path, fileOf(group)])}:`;
    const key = `${where}${group.address}:${isHidden ? "hidden" : "directory"}`;
    return new GroupDirectory(group, { key, ino: hashedInode(key), realm, isHidden }, place);
  }

  /** @param name of the link by which the object was met */
  file(path: string, name: string, object: H5Object, view: NodeView, part?: DatasetPart): FileNode {
    const shown = object.kind === "dataset" && part === undefined ? shownAs(object) : undefined;
    const madeView = shown?.isMade === true ? shown.view : undefined;
    return new ObjectFile(this.#main.canonical, object, { path, linkName: name, view, part, madeView });
  }

  /** A file of bytes, whose object need not be there yet. */
  promised(path: string, linkName: string, object: Pick<H5Object, "file" | "address">): FileNode {
    const meeting = { path, linkName, view: "bin", part: undefined, madeView: undefined } as const;
    return new ObjectFile(this.#main.canonical, object, meeting);
  }

  /** @param name as shown @param linkName as it is in the file */
  symlink(parent: DirectoryNode, name: string, linkName: string, target: string, record?: LinkRecord): SymlinkNode {
    const entry = symlinkKey(parent, name);
    // The kernel keeps the text of a symlink as long as it knows the node: one whose text follows from others is another with each.
    const key = record === undefined ? `${entry}:${target}` : entry;
    const path = childPath(parent.path, name);
    return { kind: "symlink", key, ino: record?.ino ?? hashedInode(entry), path, target, parent, linkName, record };
  }

  broken(directory: DirectoryNode, name: string, error: H5Error): BrokenNode {
    const path = childPath(directory.path, name);
    return { kind: "broken", key: `${path}:broken`, ino: hashedInode(path), path, error };
  }
}

/** A symlink is known by its entry. @param name as shown */
function symlinkKey(parent: Pick<DirectoryNode, "key">, name: string): string {
  return `${parent.key}/${name}:symlink`;
}

function fileOf(object: H5Object): string {
  return object.file.name;
}
