import { decodedSize } from "../chunk/read-plan.ts";
import { H5Error, UnsupportedError } from "../errors.ts";
import type { Dataset } from "../object/dataset.ts";
import type { H5File, H5Object } from "../object/file.ts";
import type { Link } from "../object/link.ts";
import { meantDatatype } from "../object/pytables.ts";
import { listedView, type ViewName, viewsOf } from "../view/view.ts";
import { CanonicalNames, childPath } from "./canonical-name.ts";
import { fileName, linkName, mayBeShortened } from "./file-name.ts";
import { hashedInode, objectInode } from "./inode.ts";
import type { BrokenNode, DirectoryNode, FileNode, Node, SymlinkNode, TreeEntry } from "./node.ts";
import { ObjectFile } from "./object-file.ts";
import { relativePath } from "./relative-path.ts";

/** Links that one look-up may follow on its way through soft links before they count as a loop. */
const MAX_STEPS = 256;

/** What is left of MAX_STEPS. */
interface Budget {
  steps: number;
}

/** The names of a mounted file: which entry stands for which object, as which view. Knows nothing of FUSE. */
export class Tree {
  readonly file: H5File;
  readonly root: DirectoryNode;
  readonly #canonical: CanonicalNames;

  constructor(file: H5File) {
    this.file = file;
    this.#canonical = new CanonicalNames(file);
    const group = file.root;
    this.root = {
      kind: "directory",
      key: `${group.address}:directory`,
      ino: objectInode(group.address, "directory"),
      path: "/",
      group,
      parent: undefined,
    };
  }

  /** The listed entries of a directory, in order of the links' names; each is made when it is asked for. */
  *entries(directory: DirectoryNode): Generator<TreeEntry> {
    for (const link of directory.group.links()) {
      yield this.#entryOf(directory, link, { steps: MAX_STEPS });
    }
  }

  /** The node of that name, listed or another view of a dataset asked for by name; no scan of the group. */
  lookup(directory: DirectoryNode, name: string): Node | undefined {
    return this.#lookup(directory, name, { steps: MAX_STEPS });
  }

  #lookup(directory: DirectoryNode, name: string, budget: Budget): Node | undefined {
    const whole = this.#linkNamed(directory, name);
    if (whole !== undefined) {
      const entry = this.#entryOf(directory, whole, budget);
      if (entry.name === name) return entry.node;
    }
    const dot = name.lastIndexOf(".");
    const link = dot < 0 ? undefined : this.#linkNamed(directory, name.slice(0, dot));
    if (link !== undefined) {
      const entry = this.#entryOf(directory, link, budget);
      if (entry.name === name) return entry.node;
      const other = this.#otherView(directory, link, name.slice(dot + 1), budget);
      if (other !== undefined) return other;
    }
    if (mayBeShortened(name)) {
      for (const entry of this.entries(directory)) if (entry.name === name) return entry.node;
    }
    return undefined;
  }

  /** The node at an absolute path of shown names; symlinks on the way and at the end are followed. */
  resolve(path: string): Node | undefined {
    return this.#walk(this.root, path.split("/"), { steps: MAX_STEPS })?.node;
  }

  #linkNamed(directory: DirectoryNode, shown: string): Link | undefined {
    const name = linkName(shown);
    return name === undefined ? undefined : directory.group.link(name);
  }

  #entryOf(directory: DirectoryNode, link: Link, budget: Budget): TreeEntry {
    const bare = fileName(link.name, "");
    try {
      switch (link.kind) {
        case "hard":
          return this.#hardEntry(directory, link.name, this.#open(directory, link.address, bare));
        case "soft":
          return this.#softEntry(directory, link, budget);
        case "external":
          throw new UnsupportedError(`the link leads to ${link.target} in ${link.file}; other files are not followed`);
        case "user":
          throw new UnsupportedError(`the link is of the user-defined type ${link.type}`);
      }
    } catch (error) {
      if (!(error instanceof H5Error)) throw error;
      return { name: bare, node: brokenNode(directory, bare, error) };
    }
  }

  #open(directory: DirectoryNode, address: number, bare: string): H5Object {
    return this.file.object(address, childPath(directory.path, bare));
  }

  #hardEntry(directory: DirectoryNode, name: string, object: H5Object): TreeEntry {
    const bare = fileName(name, "");
    if (object.kind === "group") {
      const path = childPath(directory.path, bare);
      const canonical =
        this.#ancestorPath(directory, object.address) ?? this.#canonical.of(object, { path, name }).path;
      if (canonical !== path) {
        return { name: bare, node: symlinkNode(directory, bare, relativePath(directory.path, canonical)) };
      }
      const key = `${object.address}:directory`;
      const ino = objectInode(object.address, "directory");
      return { name: bare, node: { kind: "directory", key, ino, path, group: object, parent: directory } };
    }
    const view = object.kind === "datatype" ? "json" : this.#freeView(directory, name, object);
    const shown = fileName(name, `.${view}`);
    return { name: shown, node: this.#fileNode(directory, shown, name, object, view) };
  }

  /** A group that is its own ancestor although its link count denies it would make the tree endless. */
  #ancestorPath(directory: DirectoryNode, address: number): string | undefined {
    for (let at: DirectoryNode | undefined = directory; at !== undefined; at = at.parent) {
      if (at.group.address === address) return at.path;
    }
    return undefined;
  }

  /** The view under which a dataset is listed: its own, or the next whose name no other link takes. */
  #freeView(directory: DirectoryNode, name: string, dataset: Dataset): ViewName {
    const subject = viewSubject(dataset);
    const listed = listedView(subject);
    const all = viewsOf(subject);
    if (listed === undefined) {
      throw new UnsupportedError(`no view shows elements of class ${subject.datatype.class}`, { path: dataset.path });
    }
    const free = [listed, ...all.filter((view) => view !== listed)].find((view) => {
      const rival = this.#linkNamed(directory, fileName(name, `.${view}`));
      return rival === undefined || !this.#isListedBare(directory, rival);
    });
    return free ?? listed;
  }

  /** Whether a link is listed under its own name, without an extension. */
  #isListedBare(directory: DirectoryNode, link: Link): boolean {
    if (link.kind !== "hard") return true;
    return this.#open(directory, link.address, fileName(link.name, "")).kind === "group";
  }

  #softEntry(directory: DirectoryNode, link: Link & { kind: "soft" }, budget: Budget): TreeEntry {
    const found = this.#follow(directory, link.target, budget);
    const extension = found?.node.kind === "file" ? `.${found.node.view}` : "";
    const name = fileName(link.name, extension);
    const target = found?.path ?? danglingPath(directory, link.target);
    return { name, node: symlinkNode(directory, name, relativePath(directory.path, target)) };
  }

  #otherView(directory: DirectoryNode, link: Link, extension: string, budget: Budget): Node | undefined {
    const shown = fileName(link.name, `.${extension}`);
    if (link.kind === "soft") {
      const found = this.#follow(directory, link.target, budget);
      if (found?.node.kind !== "file" || found.node.object.kind !== "dataset") return undefined;
      const view = viewsOf(viewSubject(found.node.object)).find((name) => name === extension);
      if (view === undefined) return undefined;
      const path = found.path.slice(0, -found.node.view.length) + view;
      return symlinkNode(directory, shown, relativePath(directory.path, path));
    }
    if (link.kind !== "hard") return undefined;
    const object = this.#open(directory, link.address, fileName(link.name, ""));
    if (object.kind !== "dataset") return undefined;
    const view = viewsOf(viewSubject(object)).find((name) => name === extension);
    return view === undefined ? undefined : this.#fileNode(directory, shown, link.name, object, view);
  }

  #fileNode(
    directory: DirectoryNode,
    shown: string,
    linkName: string,
    object: FileNode["object"],
    view: ViewName,
  ): FileNode {
    const path = childPath(directory.path, shown);
    return new ObjectFile(this.#canonical, object, { path, linkName, view });
  }

  /** Where a soft link's target is shown, by HDF5's rules: "." is nothing, ".." is an ordinary name. */
  #follow(directory: DirectoryNode, target: string, budget: Budget): { path: string; node: Node } | undefined {
    const start = target.startsWith("/") ? this.root : directory;
    let at: { path: string; node: Node } = { path: start.path, node: start };
    for (const part of target.split("/")) {
      if (part === "" || part === ".") continue;
      const inside = this.#throughLinks(at, budget);
      const link = inside?.kind === "directory" ? inside.group.link(part) : undefined;
      if (inside?.kind !== "directory" || link === undefined || --budget.steps < 0) return undefined;
      const entry = this.#entryOf(inside, link, budget);
      at = { path: childPath(inside.path, entry.name), node: entry.node };
    }
    const node = this.#throughLinks(at, budget);
    return node === undefined ? undefined : { path: at.path, node };
  }

  /** The node itself, or what it leads to where it is a symlink. */
  #throughLinks(at: { readonly path: string; readonly node: Node }, budget: Budget): Node | undefined {
    if (at.node.kind !== "symlink") return at.node;
    const parent = at.path.slice(0, at.path.lastIndexOf("/"));
    return this.#walk(this.root, [...parent.split("/"), ...at.node.target.split("/")], budget)?.node;
  }

  #walk(from: DirectoryNode, parts: readonly string[], budget: Budget): { path: string; node: Node } | undefined {
    let at: { path: string; node: Node } = { path: from.path, node: from };
    for (const part of parts) {
      if (part === "" || part === ".") continue;
      if (at.node.kind !== "directory" || --budget.steps < 0) return undefined;
      if (part === "..") {
        const up: DirectoryNode = at.node.parent ?? this.root;
        at = { path: up.path, node: up };
        continue;
      }
      const node = this.#lookup(at.node, part, budget);
      if (node === undefined) return undefined;
      const path = childPath(at.path, part);
      const end = this.#throughLinks({ path, node }, budget);
      if (end === undefined) return undefined;
      at = { path: end.path, node: end };
    }
    return at;
  }
}

/** What decides which views a dataset has. @throws H5Error where its type or shape cannot be read */
export function viewSubject(dataset: Dataset): Parameters<typeof viewsOf>[0] {
  const datatype = meantDatatype(dataset, dataset.datatype);
  return { datatype, dataspace: dataset.dataspace, decodedBytes: decodedSize(dataset) };
}

/** A target that leads nowhere, shown without letting it lead out of the mount. */
function danglingPath(directory: DirectoryNode, target: string): string {
  const parts = target.split("/").filter((part) => part !== "" && part !== ".");
  return parts.reduce(
    (path, part) => childPath(path, fileName(part, "")),
    target.startsWith("/") ? "/" : directory.path,
  );
}

function symlinkNode(directory: DirectoryNode, name: string, target: string): SymlinkNode {
  const path = childPath(directory.path, name);
  return { kind: "symlink", key: `${path}:symlink`, ino: hashedInode(path), path, target };
}

function brokenNode(directory: DirectoryNode, name: string, error: H5Error): BrokenNode {
  const path = childPath(directory.path, name);
  return { kind: "broken", key: `${path}:broken`, ino: hashedInode(path), path, error };
}
