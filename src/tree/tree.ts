import { H5Error, UnsupportedError } from "../errors.ts";
import type { H5File, H5Object } from "../object/file.ts";
import { type Group, pathParts } from "../object/group.ts";
import type { Link } from "../object/link.ts";
import { isFileNode } from "../object/pytables.ts";
import { dependsOnSize, listedView, type ViewName, type ViewSubject, viewsOf } from "../view/view.ts";
import { type CanonicalNames, childPath } from "./canonical-name.ts";
import { fileName, isShortenedTo, linkName, mayBeTooLong, shortenedName } from "./file-name.ts";
import { linkRecord } from "./link-record.ts";
import { NodeMaker } from "./make-node.ts";
import type { DirectoryNode, FileNode, Node, SymlinkNode, TreeEntry } from "./node.ts";
import { createRealm } from "./realm.ts";
import { relativePath } from "./relative-path.ts";
import { shownAs } from "./shown-as.ts";
import { linkShownPlainly, shownName } from "./shown-name.ts";
import { type Meaning, unlistedMeanings } from "./unlisted-name.ts";
import { viewSubject } from "./view-subject.ts";

/** Links that one look-up may follow on its way through soft links before they count as a loop. */
const MAX_STEPS = 256;

/** External links, one in another: files that link to each other would make the tree endless. */
const MAX_DEPTH = 8;

/** Bytes of a symlink's text: the kernel takes no more than a page, with a NUL at its end. */
const MAX_TARGET = 4095;

/** The directory that has every name a second time, also those that are not listed: `/.h5fs/group/x.csv`. */
export const HIDDEN = ".h5fs";

/** What one look-up has left, and knows already. */
class Budget {
  steps = MAX_STEPS;
  #followed: Map<string, Place | undefined> | undefined;

  /** Where soft links lead, by path; `undefined` also while that is being found out: it leads in a circle. */
  get followed(): Map<string, Place | undefined> {
    this.#followed ??= new Map();
    return this.#followed;
  }
}

interface Place {
  readonly path: string;
  readonly node: Node;
}

interface ListedView {
  readonly view: ViewName;
  /** The directory entry. */
  readonly shown: string;
}

export interface ListedLink {
  readonly link: Link;
  readonly node: Node;
}

export interface TreeOptions {
  /** List these views of every dataset that has any of them, instead of its natural one. */
  readonly views?: readonly ViewName[];
  /** Only what is listed has a name (but below `/.h5fs`): others are free for new files. */
  readonly onlyListed?: boolean;
}

/** The names of a mounted file: which entry stands for which object, as which view. Knows nothing of FUSE. */
export class Tree {
  readonly file: H5File;
  readonly root: DirectoryNode;
  readonly #options: TreeOptions;
  readonly #make: NodeMaker;
  /** Of datasets whose listed view depends on their size, by address. */
  readonly #seenViews = new Map<number, ViewName>();

  constructor(file: H5File, options: TreeOptions = {}) {
    this.file = file;
    this.#options = options;
    const realm = createRealm(file.root, "/", 0);
    this.#make = new NodeMaker(realm);
    this.root = this.#make.root(realm);
  }

  /** The listed entries of a directory, in order of the links' names; each is made when it is asked for. */
  *entries(directory: DirectoryNode): Generator<TreeEntry> {
    let before: Link | undefined;
    for (const link of directory.group.links()) {
      if (before !== undefined) yield* this.#entriesOf(directory, before, new Budget(), isAlone(before, link));
      before = link;
    }
    if (before !== undefined) yield* this.#entriesOf(directory, before, new Budget(), isAlone(before));
  }

  /**
   * The node of that name: listed, or asked for by name, see `unlistedMeanings`. No scan of the group, except for names
   * that were shortened.
   */
  lookup(directory: DirectoryNode, name: string): Node | undefined {
    return this.#lookup(directory, name, new Budget());
  }

  /** The link that is listed under that name, and what it shows. */
  listed(directory: DirectoryNode, name: string): ListedLink | undefined {
    return this.#listed(directory, name, new Budget());
  }

  /** A file of the mounted file that no link leads to, as if it were in a directory. @param address of its header */
  unnamed(directory: DirectoryNode, address: number): FileNode {
    const name = `#${address}`;
    const path = childPath(directory.path, name);
    return this.#make.file(path, name, this.file.object(address, path), "bin");
  }

  /** A file that is to be made. @param link its name in the file @param address where its header will be */
  promised(directory: DirectoryNode, name: string, link: string, address: number): FileNode {
    return this.#make.promised(childPath(directory.path, name), link, { file: this.file, address });
  }

  /** A symlink as it is now: its node has its owner and times as they were. */
  current(node: SymlinkNode): Node {
    return this.listed(node.parent, shownName(node.parent.group, node.linkName, ""))?.node ?? node;
  }

  /** Links of the file were renamed, all at once: where groups are directories follows. */
  renamed(changes: Parameters<CanonicalNames["renamed"]>[0]): void {
    this.root.realm.canonical.renamed(changes);
  }

  /** The node at an absolute path of shown names; symlinks on the way and at the end are followed. */
  resolve(path: string): Node | undefined {
    return this.#walk(this.root, path.split("/"), new Budget())?.node;
  }

  #lookup(directory: DirectoryNode, name: string, budget: Budget): Node | undefined {
    const listed = this.#listed(directory, name, budget);
    if (listed !== undefined) return listed.node;
    if (name === HIDDEN && directory === this.root) return this.#make.hiddenRoot(this.root);
    if (this.#options.onlyListed === true && !directory.isHidden) return undefined;
    for (const meaning of unlistedMeanings(name)) {
      const node = this.#meant(directory, meaning, budget);
      if (node !== undefined) return node;
    }
    return undefined;
  }

  #listed(directory: DirectoryNode, name: string, budget: Budget): ListedLink | undefined {
    const dot = name.lastIndexOf(".");
    for (const bare of dot < 0 ? [name] : [name, name.slice(0, dot)]) {
      const link = this.#linkNamed(directory, bare);
      for (const entry of link === undefined ? [] : this.#entriesOf(directory, link, budget)) {
        if (entry.name === name && link !== undefined) return { link, node: entry.node };
      }
    }
    return undefined;
  }

  /** The node that a name means which is not listed; `undefined` where it means nothing. */
  #meant(directory: DirectoryNode, meaning: Meaning, budget: Budget): Node | undefined {
    if (meaning.bare === undefined) return this.#attributesNode(directory.group, directory.path);
    const link = this.#linkNamed(directory, meaning.bare);
    const found = link === undefined ? undefined : this.#objectOf(directory, link, budget);
    if (found === undefined) return undefined;
    const { object, name } = found;
    const path = childPath(directory.path, fileName(name, ""));
    if (meaning.view === "attrs.json") return this.#attributesNode(object, path);
    if (object.kind === "datatype" && (meaning.view ?? "json") === "json" && !meaning.isPart) {
      return this.#make.file(`${path}.json`, name, object, "json");
    }
    if (object.kind !== "dataset") return undefined;
    const part = meaning.part(object);
    if (part === null) return undefined;
    const subject = viewSubject(object, part);
    const view = meaning.view === undefined ? listedView(subject) : viewsOf(subject).find((v) => v === meaning.view);
    return view === undefined ? undefined : this.#make.file(`${path}.${view}`, name, object, view, part);
  }

  /** What a link leads to, through soft and external ones; `undefined` where it leads nowhere. */
  #objectOf(
    directory: DirectoryNode,
    link: Link,
    budget: Budget,
  ): { readonly object: H5Object; readonly name: string } | undefined {
    try {
      if (link.kind === "hard") return { object: this.#open(directory, link), name: link.name };
      if (link.kind === "soft" && this.#isInRealm(directory, link.target)) {
        const node = this.#followLink(directory, link, budget)?.node;
        if (node?.kind === "file") return { object: node.object, name: node.name };
        return node?.kind === "directory" ? { object: node.group, name: link.name } : undefined;
      }
      const object = directory.group.file.follow(link, directory.group);
      return { object, name: lastPart("target" in link ? link.target : link.name) };
    } catch (error) {
      if (error instanceof H5Error) return undefined;
      throw error;
    }
  }

  #linkNamed(directory: DirectoryNode, shown: string): Link | undefined {
    const plain = linkShownPlainly(directory.group, shown);
    if (plain !== undefined) return plain;
    const name = linkName(shown);
    const link = name === undefined ? undefined : directory.group.link(name);
    const shortened = link === undefined ? shortenedName(shown) : undefined;
    if (shortened === undefined) return link;
    for (const candidate of directory.group.links()) if (isShortenedTo(candidate.name, shortened)) return candidate;
    return undefined;
  }

  /** The entries of one link: one, or with `-o views` several. @param alone the names of its views are known to be free */
  #entriesOf(directory: DirectoryNode, link: Link, budget: Budget, alone = false): readonly TreeEntry[] {
    const bare = shownName(directory.group, link.name, "");
    try {
      switch (link.kind) {
        case "hard":
          return this.#hardEntries(directory, link.name, this.#open(directory, link), alone);
        case "soft":
          if (this.#isInRealm(directory, link.target)) return this.#softEntries(directory, link, budget);
          return this.#outsideEntries(directory, link);
        case "external":
          return this.#outsideEntries(directory, link);
        case "user":
          throw new UnsupportedError(`the link is of the user-defined type ${link.type}`);
      }
    } catch (error) {
      if (!(error instanceof H5Error)) throw error;
      return [{ name: bare, node: this.#make.broken(directory, bare, error) }];
    }
  }

  #open(directory: DirectoryNode, link: Link & { kind: "hard" }): H5Object {
    return directory.group.file.object(
      link.address,
      childPath(directory.path, shownName(directory.group, link.name, "")),
    );
  }

  #hardEntries(directory: DirectoryNode, name: string, object: H5Object, alone: boolean): readonly TreeEntry[] {
    if (object.kind !== "group") return this.#fileEntries(directory, name, name, object, alone);
    const bare = shownName(directory.group, name, "");
    const path = childPath(directory.path, bare);
    const canonical =
      this.#ancestorPath(directory, object) ?? directory.realm.canonical.of(object, { path, name }).path;
    const node =
      canonical === path
        ? this.#make.directory(directory, path, object, directory.realm)
        : this.#make.symlink(directory, bare, name, relativePath(directory.path, canonical));
    return [{ name: bare, node }];
  }

  /** What a link leads to that is not in this realm: a directory is a realm of its own. */
  #outsideEntries(directory: DirectoryNode, link: Link): readonly TreeEntry[] {
    const object = directory.group.file.follow(link, directory.group);
    if (object.kind !== "group") {
      return this.#fileEntries(directory, link.name, lastPart("target" in link ? link.target : link.name), object);
    }
    const bare = shownName(directory.group, link.name, "");
    const ancestor = this.#ancestorPath(directory, object);
    if (ancestor !== undefined) {
      return [
        { name: bare, node: this.#make.symlink(directory, bare, link.name, relativePath(directory.path, ancestor)) },
      ];
    }
    const depth = directory.realm.depth + 1;
    if (depth > MAX_DEPTH)
      throw new H5Error("limit", `the link is one of more than ${MAX_DEPTH} external links in each other`);
    const path = childPath(directory.path, bare);
    return [{ name: bare, node: this.#make.directory(directory, path, object, createRealm(object, path, depth)) }];
  }

  #fileEntries(
    directory: DirectoryNode,
    link: string,
    name: string,
    object: Exclude<H5Object, Group>,
    alone = false,
  ): readonly TreeEntry[] {
    return this.#listedViews(directory, link, object, alone).map(({ view, shown }) => {
      return { name: shown, node: this.#make.file(childPath(directory.path, shown), name, object, view) };
    });
  }

  /** A group that is its own ancestor, by external links or although its link count denies it, would make the tree endless. */
  #ancestorPath(directory: DirectoryNode, group: Group): string | undefined {
    for (let at: DirectoryNode | undefined = directory; at !== undefined; at = at.parent) {
      if (at.address === group.address && at.file === group.file) return at.path;
    }
    return undefined;
  }

  /**
   * The views under which an object is listed, and the names: those asked for, else the natural one, or the next whose name is
   * free. If none is, its name is the link's own.
   */
  #listedViews(
    directory: DirectoryNode,
    link: string,
    object: Exclude<H5Object, Group>,
    alone = false,
  ): readonly ListedView[] {
    const isFile = object.kind === "dataset" && isFileNode(object);
    const shown = object.kind === "dataset" && !isFile ? shownAs(object) : undefined;
    // A file is a file: its bytes, under its own name. Where names are made, no other is listed: it would not be the one that was made.
    const bare: ListedView | undefined = isFile
      ? { view: "bin", shown: shownName(directory.group, link, "") }
      : shown?.bare.includes(link) === true
        ? { view: shown.view, shown: shownName(directory.group, link, "") }
        : undefined;
    const isWritten = this.#options.onlyListed === true;
    if (bare !== undefined && isWritten) return [bare];
    const subject = object.kind === "datatype" ? undefined : viewSubject(object);
    const all = subject === undefined ? (["json"] as const) : viewsOf(subject);
    const named = (view: ViewName): ListedView => ({ view, shown: shownName(directory.group, link, `.${view}`) });
    const isFree = ({ shown: name }: ListedView): boolean => {
      if (alone) return true;
      const rival = this.#linkNamed(directory, name);
      return rival === undefined || !this.#isListedBare(directory, rival);
    };
    const asked = isWritten && shown !== undefined ? [] : (this.#options.views ?? []);
    const listed = asked
      .filter((view) => all.some((has) => has === view))
      .map(named)
      .filter(isFree);
    if (listed.length > 0) return listed;
    if (bare !== undefined) return [bare];
    const natural = shown?.view ?? (subject === undefined ? "json" : this.#naturalView(object, subject));
    const first = named(natural);
    return [
      isFree(first)
        ? first
        : (all.map(named).find(isFree) ?? { view: natural, shown: shownName(directory.group, link, "") }),
    ];
  }

  /** Where names are made, it stays what it was at first, however the dataset grows. */
  #naturalView({ address, file }: H5Object, subject: ViewSubject): ViewName {
    const view = listedView(subject);
    if (this.#options.onlyListed !== true || file !== this.file || !dependsOnSize(subject)) return view;
    const seen = this.#seenViews.get(address) ?? view;
    this.#seenViews.set(address, seen);
    return seen;
  }

  /** A dataset that is a file now: it is shown where it was. */
  asFile({ path, object }: FileNode): FileNode {
    return this.#make.file(path, lastPart(path), object, "bin");
  }

  /** The object at that address is no more. */
  forget(address: number): void {
    this.#seenViews.delete(address);
  }

  /** Whether a link may be listed under its own name, without an extension: then that name is no view's. */
  #isListedBare(directory: DirectoryNode, link: Link): boolean {
    if (link.kind !== "hard") return true;
    try {
      const object = this.#open(directory, link);
      if (object.kind !== "dataset") return object.kind === "group";
      return isFileNode(object) || shownAs(object)?.bare.includes(link.name) === true;
    } catch (error) {
      if (error instanceof H5Error) return true;
      throw error;
    }
  }

  /** A soft link whose target begins at the file's root is in the realm only if that root is. */
  #isInRealm({ realm, group }: DirectoryNode, target: string): boolean {
    return !target.startsWith("/") || (realm.root.address === group.file.root.address && realm.file === group.file);
  }

  #softEntries(directory: DirectoryNode, link: Link & { kind: "soft" }, budget: Budget): readonly TreeEntry[] {
    const record = linkRecord(directory.group, link);
    if (record !== undefined) {
      const name = shownName(directory.group, link.name, "");
      return [{ name, node: this.#make.symlink(directory, name, link.name, record.text, record) }];
    }
    const found = this.#followLink(directory, link, budget);
    if (found?.node.kind === "file" && found.node.object.kind !== "group") {
      const { view, object } = found.node;
      const bare = found.path.endsWith(`.${view}`) ? found.path.slice(0, -`.${view}`.length) : found.path;
      return this.#listedViews(directory, link.name, object).map((listed) =>
        this.#softEntry(directory, link, listed.shown, listed.view === view ? found.path : `${bare}.${listed.view}`),
      );
    }
    const target = found?.path ?? danglingPath(directory, link.target);
    return [this.#softEntry(directory, link, shownName(directory.group, link.name, ""), target)];
  }

  #softEntry(directory: DirectoryNode, link: Link, name: string, target: string): TreeEntry {
    const text = relativePath(directory.path, target);
    checkTarget(Buffer.byteLength(text));
    return { name, node: this.#make.symlink(directory, name, link.name, text) };
  }

  #attributesNode(object: H5Object, path: string): FileNode {
    return this.#make.file(`${path}.attrs.json`, lastPart(path), object, "attrs.json");
  }

  #followLink(directory: DirectoryNode, link: Link & { kind: "soft" }, budget: Budget): Place | undefined {
    const name = childPath(directory.path, link.name);
    if (budget.followed.has(name)) return budget.followed.get(name);
    budget.followed.set(name, undefined);
    const place = this.#follow(directory, link.target, budget);
    budget.followed.set(name, place);
    return place;
  }

  /** Where a soft link's target is shown, by HDF5's rules: "." is nothing, ".." is an ordinary name. */
  #follow(directory: DirectoryNode, target: string, budget: Budget): Place | undefined {
    let start = directory;
    if (target.startsWith("/"))
      while (start.parent !== undefined && start.path !== directory.realm.path) start = start.parent;
    let at: Place = { path: start.path, node: start };
    for (const part of target.split("/")) {
      if (part === "" || part === ".") continue;
      const inside = this.#throughLinks(at, budget);
      const link = inside?.kind === "directory" ? inside.group.link(part) : undefined;
      if (inside?.kind !== "directory" || link === undefined || --budget.steps < 0) return undefined;
      const entry = this.#entriesOf(inside, link, budget)[0];
      if (entry === undefined) return undefined;
      const isSoft = link.kind === "soft" && this.#isInRealm(inside, link.target);
      const node = isSoft ? this.#followLink(inside, link, budget)?.node : entry.node;
      if (node === undefined) return undefined;
      at = { path: childPath(inside.path, entry.name), node };
    }
    const node = this.#throughLinks(at, budget);
    return node === undefined ? undefined : { path: at.path, node };
  }

  /** The node itself, or what it leads to where it is a symlink. */
  #throughLinks(at: Place, budget: Budget): Node | undefined {
    if (at.node.kind !== "symlink") return at.node;
    const parent = at.path.slice(0, at.path.lastIndexOf("/"));
    return this.#walk(this.root, [...parent.split("/"), ...at.node.target.split("/")], budget)?.node;
  }

  #walk(from: DirectoryNode, parts: readonly string[], budget: Budget): Place | undefined {
    let at: Place = { path: from.path, node: from };
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

/** True if no name of `link` with something added can be a link's: in the order of the names that would be `next`. */
function isAlone({ name }: Link, next?: Link): boolean {
  return next?.name.startsWith(name) !== true && !mayBeTooLong(name);
}

function checkTarget(length: number): void {
  if (length <= MAX_TARGET) return;
  throw new H5Error("limit", `the link's target is longer than the ${MAX_TARGET} bytes of a symbolic link`);
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A target that leads nowhere, shown without letting it lead out of the mount. */
function danglingPath(directory: DirectoryNode, target: string): string {
  const parts = pathParts(target);
  checkTarget(parts.reduce((sum, part) => sum + part.length + 1, -1));
  const start = target.startsWith("/") ? directory.realm.path : directory.path;
  return parts.reduce((path, part) => childPath(path, fileName(part, "")), start);
}
