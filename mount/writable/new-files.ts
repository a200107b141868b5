import type { DirectoryNode, FileNode } from "../../src/tree/node.ts";
import type { PosixMetadata } from "../../src/tree/posix-metadata.ts";
import type { Tree } from "../../src/tree/tree.ts";
import { messageOfFailure } from "../errno.ts";
import { FileMaker } from "./file-maker.ts";
import type { KnownNames } from "./known-names.ts";
import type { LiveFile } from "./live-file.ts";
import type { Metadata } from "./metadata.ts";
import { hardLink, type NamePlace, putLink } from "./names.ts";
import type { OpenFile } from "./open-file.ts";
import type { OpenFiles } from "./open-files.ts";
import { PromisedHeaders } from "./promised-headers.ts";

export interface NewFilesSetup {
  readonly live: LiveFile;
  readonly tree: Tree;
  readonly files: OpenFiles;
  readonly metadata: Metadata;
  readonly known: KnownNames;
  /** Is given what a person should know of, a line at a time. */
  log(line: string): void;
}

/** The file that waits, and where. */
interface Waiting {
  readonly directory: DirectoryNode;
  /** As shown. */
  readonly name: string;
  readonly file: OpenFile;
}

/**
 * New files of which the HDF5 file has nothing yet. Most are written and closed at once: then all that they are is made in one
 * transaction, when it is known how large they are. One waits at a time; whoever could miss it has it made first (`settle`).
 */
export class NewFiles {
  readonly #setup: NewFilesSetup;
  readonly #headers: PromisedHeaders;
  readonly #maker = new FileMaker();
  #waiting: Waiting | undefined;

  constructor(setup: NewFilesSetup) {
    this.#setup = setup;
    this.#headers = new PromisedHeaders(setup.live);
  }

  /** The file that waits, if it has that name. */
  at(directory: DirectoryNode, name: string): FileNode | undefined {
    const waiting = this.#waiting;
    const isIt = waiting?.directory.address === directory.address && waiting.name === name;
    return isIt ? waiting.file.node : undefined;
  }

  /** A file that is to be made; none waits. @param link its name in the file, which is free @returns its node, which is to be opened */
  add({ directory, name }: NamePlace, link: string, metadata: PosixMetadata): FileNode {
    const { tree, files } = this.#setup;
    const room = this.#headers.take();
    const node = tree.promised(directory, name, link, room.address);
    const file = files.addNew(node, metadata, {
      make: (transaction, size, newest, change) => {
        const seconds = metadata.mtime?.seconds ?? 0;
        const attributes = () => this.#setup.metadata.attributesFor(newest);
        return this.#maker.make(transaction, { room, seconds, size, metadata: newest, attributes }, change);
      },
      link: (transaction) => putLink(transaction, directory.address, hardLink(link, room.address)),
      during: (change) => this.#setup.known.during(directory, link, change),
      made: () => {
        if (this.#waiting?.file === file) this.#waiting = undefined;
      },
    });
    this.#waiting = { directory, name, file };
    return node;
  }

  /** What waits is made: its name is there, and its bytes are stored when it is closed. */
  settle(): void {
    if (this.#waiting === undefined) return;
    const { files, log } = this.#setup;
    const { file } = this.#waiting;
    try {
      files.make(file);
    } catch (error) {
      // Who closes it is told; who asked for something else now is not.
      log(`${file.node.path} is not in the file yet: ${messageOfFailure(error)}`);
      if (file.handles === 0) this.#waiting = undefined;
    }
  }

  /** Nothing is made for some time. @throws H5Error */
  release(): void {
    this.#headers.release();
  }
}
