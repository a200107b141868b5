import { fileName } from "../../src/tree/file-name.ts";
import type { Tree } from "../../src/tree/tree.ts";
import { Errno, ErrnoError, messageOfFailure } from "../errno.ts";
import { S_IFREG } from "../node-attributes.ts";
import type { Metadata } from "./metadata.ts";
import type { NameChanges } from "./name-changes.ts";
import { type NamePlace, namePlace } from "./names.ts";
import type { OpenFile } from "./open-file.ts";
import { type OpenFiles, rethrow } from "./open-files.ts";
import type { ViewNotices } from "./view-notices.ts";

export interface RejectedSetup {
  readonly tree: Tree;
  readonly files: OpenFiles;
  readonly metadata: Metadata;
  readonly names: NameChanges;
  readonly notices: ViewNotices;
  /** Is given what a person should know of, a line at a time. */
  log(line: string): void;
}

const EXTENSION = ".rej";

/** Bytes. */
const MAX_SIZE = 2 ** 28;

/** So many names are tried. */
const MAX_TRIES = 100;

/** Keeps what was written into a dataset and is no view of it, as a file beside it, `x.csv.rej`: nobody else may have it any more. */
export class Rejected {
  readonly #setup: RejectedSetup;

  constructor(setup: RejectedSetup) {
    this.#setup = setup;
  }

  /** Nobody waits for the answer to a RELEASE; who closed the file has been told by FLUSH, and may not have listened. */
  refused(file: OpenFile, error: unknown): void {
    const why = messageOfFailure(error);
    const isKept = file.hasNewBytes && !file.isFileNode && !file.isUnlinked && file.buffer.size > 0;
    try {
      const kept = isKept ? `is kept as ${this.#keep(file)}` : "is lost";
      this.#tell(file, `what was written last ${kept}: ${why}`);
    } catch (second) {
      this.#tell(file, `what was written last is lost: ${why}; ${messageOfFailure(second)}`);
    }
  }

  #tell({ node }: OpenFile, problem: string): void {
    this.#setup.log(`${node.path}: ${problem}`);
    this.#setup.files.problems.set(node.address, problem);
  }

  /** @returns the file's path. @throws H5Error, ErrnoError where it cannot be stored */
  #keep({ node, buffer }: OpenFile): string {
    const { files, metadata, names, notices } = this.#setup;
    if (buffer.size > MAX_SIZE) throw new ErrnoError(Errno.EFBIG, `${buffer.size} bytes are too many to be kept`);
    const bytes = buffer.bytes();
    const { uid, gid, mode } = metadata.of(node);
    const place = this.#freePlace(node.path);
    names.makeFile({ unique: 0, pid: 0, uid, gid }, place, S_IFREG | (mode & 0o666), 0);
    const made = this.#setup.tree.listed(place.directory, place.name)?.node;
    if (made?.kind !== "file") throw new TypeError(`${place.name} was made and is not there`);
    const handle = files.open(made, true);
    files.byHandle(handle).buffer.write(0, bytes);
    files.release(handle, rethrow);
    notices.changedItself(place.directory, false);
    return made.path;
  }

  /** @param path of the view */
  #freePlace(path: string): NamePlace {
    const { tree } = this.#setup;
    const [, ...parts] = path.split("/");
    const name = parts.pop() ?? "";
    const directory = tree.resolve(`/${parts.join("/")}`);
    if (directory?.kind !== "directory") throw new ErrnoError(Errno.ENOENT);
    for (let i = 1; i <= MAX_TRIES; i++) {
      const shown = fileName(`${name}${EXTENSION}${i === 1 ? "" : i}`, "");
      const place = namePlace(tree, directory, Buffer.from(shown));
      if (place.listed === undefined && directory.group.link(shown) === undefined) return place;
    }
    throw new ErrnoError(Errno.EEXIST, `${MAX_TRIES} files are there already`);
  }
}
