import { closeSync, openSync, type Stats, utimesSync } from "node:fs";
import { posix } from "node:path";
import { H5Error } from "../errors.ts";
import { childPath } from "../tree/canonical-name.ts";
import { modificationTime } from "../tree/modification-time.ts";
import type { DirectoryNode, FileNode, Node } from "../tree/node.ts";
import type { Tree } from "../tree/tree.ts";
import { copyAttributes } from "./copy-attributes.ts";
import { CopyTarget, codeOf, rawPath } from "./copy-target.ts";
import { CommandError, EXIT } from "./exit-status.ts";
import { filePieces } from "./file-pieces.ts";
import { printable } from "./printable.ts";
import type { Progress } from "./progress.ts";

export interface CopySetup {
  readonly tree: Tree;
  /** The HDF5 file's own owner, permissions and times. */
  readonly source: Stats;
  readonly force: boolean;
  readonly attributes: boolean;
  readonly progress: Progress;
  /** Called every now and then; throws where the copy is to end. */
  readonly pause: () => Promise<void>;
}

/** After these no other file could be written either. */
const FATAL = new Set(["ENOSPC", "EDQUOT", "EROFS", "EIO", "ENODEV"]);

/**
 * Copies nodes of the tree to a file system. What cannot be copied is told, one line each, and the rest is copied all the
 * same, except where the target can take no more.
 */
export class TreeCopy {
  readonly #setup: CopySetup;
  readonly #target: CopyTarget;
  /** The node at the top, whose path others must not lead out of. */
  #top = "/";
  /** The exit status of the first failure. */
  #status: number = EXIT.ok;
  #attributesTold = false;

  constructor(setup: CopySetup) {
    this.#setup = setup;
    this.#target = new CopyTarget(setup.source, setup.force);
  }

  /** The exit status so far. */
  get status(): number {
    return this.#status;
  }

  /** Copies a file to `path`, or what is in a directory into the directory `path`. */
  async copy(node: Node, path: string): Promise<void> {
    this.#top = node.path;
    await this.#trying(node.path, () => this.#copy(node, path));
  }

  async #copy(node: Node, path: string): Promise<void> {
    switch (node.kind) {
      case "directory":
        return await this.#copyDirectory(node, path);
      case "file":
        return await this.#copyFile(node, path);
      case "symlink":
        return await this.#copySymlink(node, path);
      case "broken":
        throw node.error;
    }
  }

  async #copyDirectory(node: DirectoryNode, path: string): Promise<void> {
    const { tree, source, progress, pause } = this.#setup;
    const readable = source.mode & 0o444;
    // Who may read may also enter.
    const isNew = this.#target.directory(path, 0o700 | readable | (readable >> 2));
    await this.#trying(node.path, async () => {
      for (const { name, node: child } of tree.entries(node)) {
        await this.#trying(childPath(node.path, name), () => this.#copy(child, `${path}/${name}`));
        await pause();
      }
    });
    if (!isNew) return;
    const fd = openSync(rawPath(path), "r");
    try {
      this.#copyAttributes(node, fd);
    } finally {
      closeSync(fd);
    }
    const mtime = this.#mtimeOf(node);
    utimesSync(rawPath(path), mtime, mtime);
    progress.done();
  }

  async #copyFile(node: FileNode, path: string): Promise<void> {
    const { source, progress, pause } = this.#setup;
    const setup = {
      mode: 0o600 | (source.mode & 0o666),
      mtime: this.#mtimeOf(node),
      finish: (fd: number) => this.#copyAttributes(node, fd),
    };
    await this.#target.file(path, setup, filePieces(node), async (bytes) => {
      progress.working(path, bytes);
      await pause();
    });
    progress.done();
  }

  /** A link that leads out of what is copied would lead anywhere there: a file is copied in its place. */
  async #copySymlink(node: Node & { kind: "symlink" }, path: string): Promise<void> {
    const leadsTo = posix.resolve(posix.dirname(node.path), node.target);
    if (this.#top === "/" || leadsTo === this.#top || leadsTo.startsWith(`${this.#top}/`)) {
      this.#target.symlink(path, node.target);
      this.#setup.progress.done();
      return;
    }
    const found = this.#setup.tree.resolve(leadsTo);
    if (found?.kind === "file" || found?.kind === "broken") return await this.#copy(found, path);
    const what = found === undefined ? "which is not there" : "a group that is not copied";
    throw new CommandError(EXIT.unsupported, `${printable(node.path)}: is a link to ${printable(leadsTo)}, ${what}`);
  }

  #mtimeOf(node: Node): number {
    return modificationTime(node) ?? this.#setup.source.mtimeMs / 1000;
  }

  #copyAttributes(node: Node, fd: number): void {
    if (!this.#setup.attributes) return;
    const { none, left } = copyAttributes(node, fd);
    if (none && !this.#attributesTold) {
      this.#attributesTold = true;
      this.#setup.progress.tell("h5fs: the target's file system takes no attributes; they are not copied");
    }
    if (left.length > 0) {
      const names = left.map((name) => printable(name.replace(/^user\./, ""))).join(", ");
      const where = node.kind === "directory" ? childPath(node.path, ".attrs.json") : `${node.path}`;
      this.#setup.progress.tell(`h5fs: ${printable(where)}: attributes that do not fit there are not copied: ${names}`);
    }
  }

  /** @throws what ends the whole copy */
  async #trying(path: string, attempt: () => Promise<void>): Promise<void> {
    try {
      await attempt();
    } catch (error) {
      const code = codeOf(error);
      const isTold = error instanceof H5Error || error instanceof CommandError || code !== undefined;
      if (!isTold || (code !== undefined && FATAL.has(code))) throw error;
      this.#status ||= statusOf(error);
      this.#setup.progress.tell(`h5fs: ${messageOf(error, path)}`);
    }
  }
}

function statusOf(error: unknown): number {
  if (error instanceof CommandError) return error.status;
  if (error instanceof H5Error) return EXIT.unsupported;
  const code = codeOf(error);
  return code === "EACCES" || code === "EPERM" ? EXIT.noPermission : EXIT.systemError;
}

/** One line, in which the path is. */
function messageOf(error: unknown, path: string): string {
  const message = error instanceof Error ? error.message : String(error);
  const isSaid = error instanceof CommandError || message.startsWith(`${path}:`);
  return printable(isSaid ? message : `${path}: ${message}`);
}
