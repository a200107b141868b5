import {
  closeSync,
  ftruncateSync,
  futimesSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { encodeText } from "../format/text.ts";
import { CommandError, EXIT } from "./exit-status.ts";
import { printable } from "./printable.ts";

/** What a new file has besides its bytes. */
export interface FileSetup {
  readonly mode: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Called with the whole file before it gets its name. */
  readonly finish: (fd: number) => void;
}

/** The file that is being copied from: it is never replaced. */
export interface SourceFile {
  readonly dev: number;
  readonly ino: number;
}

let lastTemporary = 0;

/**
 * Makes files, symlinks and directories under paths that may be taken. A file is written under another name and appears when
 * it is whole. Nothing is written through a symlink, and nothing is replaced unless it is to be (`force`): then files and
 * symlinks are, directories never.
 */
export class CopyTarget {
  readonly #source: SourceFile;
  readonly #force: boolean;

  constructor(source: SourceFile, force: boolean) {
    this.#source = source;
    this.#force = force;
  }

  /**
   * @param pieces the file's bytes, each piece good until the next one is asked for
   * @param written called after each piece with its size; it may throw
   */
  async file(
    path: string,
    setup: FileSetup,
    pieces: Iterable<Uint8Array>,
    written: (bytes: number) => Promise<void>,
  ): Promise<void> {
    this.#check(path);
    const temporary = temporaryName(path);
    const fd = openSync(rawPath(temporary), "wx", setup.mode);
    try {
      try {
        let size = 0;
        for (const piece of pieces) {
          if (!isZero(piece)) writeAll(fd, piece, size);
          size += piece.length;
          await written(piece.length);
        }
        ftruncateSync(fd, size);
        setup.finish(fd);
        futimesSync(fd, setup.mtime, setup.mtime);
      } finally {
        closeSync(fd);
      }
      this.#place(temporary, path);
    } catch (error) {
      rmSync(rawPath(temporary), { force: true });
      throw error;
    }
  }

  symlink(path: string, target: string): void {
    this.#check(path);
    if (!this.#force) {
      symlinkSync(rawPath(target), rawPath(path));
      return;
    }
    const temporary = temporaryName(path);
    symlinkSync(rawPath(target), rawPath(temporary));
    try {
      this.#place(temporary, path);
    } catch (error) {
      rmSync(rawPath(temporary), { force: true });
      throw error;
    }
  }

  /** False: there is such a directory already, and it will be added to. */
  directory(path: string, mode: number): boolean {
    try {
      mkdirSync(rawPath(path), mode);
      return true;
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
      if (lstatSync(rawPath(path)).isDirectory()) return false;
      throw new CommandError(EXIT.exists, `${printable(path)} exists already, and is no directory`);
    }
  }

  /** Before any work is done for it. */
  #check(path: string): void {
    const found = lstatSync(rawPath(path), { throwIfNoEntry: false });
    if (found === undefined) return;
    if (!this.#force) throw takenError(path);
    if (found.dev === this.#source.dev && found.ino === this.#source.ino) {
      throw new CommandError(EXIT.exists, `${printable(path)} is the file that is copied from`);
    }
    if (!found.isFile() && !found.isSymbolicLink()) {
      throw new CommandError(EXIT.exists, `${printable(path)} exists already, and is no file that could be replaced`);
    }
  }

  #place(temporary: string, path: string): void {
    if (this.#force) {
      renameSync(rawPath(temporary), rawPath(path));
      return;
    }
    try {
      // Unlike rename(2), link(2) replaces nothing.
      linkSync(rawPath(temporary), rawPath(path));
    } catch (error) {
      if (codeOf(error) === "EEXIST") throw takenError(path);
      // A file system without hard links.
      this.#check(path);
      renameSync(rawPath(temporary), rawPath(path));
      return;
    }
    unlinkSync(rawPath(temporary));
  }
}

/** The bytes of a path, which need not be UTF-8. */
export function rawPath(path: string): Buffer {
  return Buffer.from(encodeText(path));
}

/** In the same directory, for rename(2) leads to no other file system; short, for `path` may be as long as names can be. */
function temporaryName(path: string): string {
  return `${path.slice(0, path.lastIndexOf("/") + 1)}.h5fs-cp-${process.pid}-${++lastTemporary}`;
}

function takenError(path: string): CommandError {
  return new CommandError(EXIT.exists, `${printable(path)} exists already; -f replaces it`);
}

/** What is not written is a hole, which reads as zeros. */
function isZero(bytes: Uint8Array): boolean {
  return bytes.length >= MIN_HOLE && Buffer.compare(bytes, ZEROS.subarray(0, bytes.length)) === 0;
}

const MIN_HOLE = 4096;
const ZEROS = new Uint8Array(2 ** 20);

function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
}

/** The `code` of an error of the system, such as ENOSPC. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
