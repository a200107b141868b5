import {
  closeSync,
  ftruncateSync,
  futimesSync,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { encodeText } from "../format/text.ts";
import { createLocked, removeAbandonedFiles, temporaryIn } from "../storage/abandoned-files.ts";
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

/**
 * Makes files, symlinks and directories under paths that may be taken. A file is written under another name and appears when
 * it is whole; what a copy that was killed has left of one, the next removes. Nothing is written through a symlink, and nothing is replaced unless it is to be (`force`): then files and
 * symlinks are, directories never.
 */
export class CopyTarget {
  readonly #source: SourceFile;
  readonly #force: boolean;
  /** Those in which there is nothing any more that was left. */
  readonly #cleared = new Set<string>();

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
    const { fd, path: temporary } = createLocked(this.#directoryOf(path), setup.mode);
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
      this.#place(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    } finally {
      closeSync(fd);
    }
  }

  symlink(path: string, target: string): void {
    this.#check(path);
    if (!this.#force) {
      symlinkSync(rawPath(target), rawPath(path));
      return;
    }
    const temporary = temporaryIn(this.#directoryOf(path));
    symlinkSync(rawPath(target), temporary);
    try {
      this.#place(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }

  /** False: there is such a directory already, and it will be added to. */
  directory(path: string, mode: number): boolean {
    try {
      mkdirSync(rawPath(path), mode);
      this.#cleared.add(path);
      return true;
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
      if (lstatSync(rawPath(path)).isDirectory()) return false;
      throw new CommandError(EXIT.exists, `${printable(path)} exists already, and is no directory`);
    }
  }

  /** Where a file is made that is to be renamed to `path`: rename(2) leads to no other file system. */
  #directoryOf(path: string): Buffer {
    const directory = dirname(path);
    const raw = rawPath(directory);
    if (!this.#cleared.has(directory)) removeAbandonedFiles(raw);
    this.#cleared.add(directory);
    return raw;
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

  #place(temporary: Buffer, path: string): void {
    if (this.#force) {
      renameSync(temporary, rawPath(path));
      return;
    }
    try {
      // Unlike rename(2), link(2) replaces nothing.
      linkSync(temporary, rawPath(path));
    } catch (error) {
      if (codeOf(error) === "EEXIST") throw takenError(path);
      // A file system without hard links.
      this.#check(path);
      renameSync(temporary, rawPath(path));
      return;
    }
    unlinkSync(temporary);
  }
}

/** The bytes of a path, which need not be UTF-8. */
export function rawPath(path: string): Buffer {
  return Buffer.from(encodeText(path));
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
