import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { H5Error } from "../../src/errors.ts";
import { H5File } from "../../src/object/file.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { corpusRoot, hdf5Files, projectRoot, sampleFile } from "../support/project.ts";
import { type Mutant, mutate, type Seed } from "./mutate.ts";
import { Random } from "./random.ts";
import { traceReads } from "./trace.ts";
import { walkFile } from "./walk.ts";

/** Larger files make few inputs a second, and no other damage than small ones. */
const MAX_FILE = 400_000;

/** The whole files that inputs are made of: the project's own, and those of the corpus where it is. */
export class Seeds {
  readonly paths: readonly string[];
  readonly #seeds = new Map<string, Seed>();

  constructor(paths: readonly string[]) {
    this.paths = paths;
  }

  /** Input `number` of `seed`: it depends on these and on the files alone. */
  input(seed: number, number: number): Mutant & { readonly file: string } {
    const random = new Random(seed, number);
    const file = random.pick(this.paths) ?? "";
    const other = random.pick(this.paths) ?? "";
    const mutant = mutate(this.seed(file), this.seed(other), random);
    return { ...mutant, file };
  }

  seed(path: string): Seed {
    let seed = this.#seeds.get(path);
    if (seed === undefined) {
      seed = readSeed(path);
      this.#seeds.set(path, seed);
    }
    return seed;
  }
}

function readSeed(path: string): Seed {
  const file = readFileSync(path);
  // At the beginning of a buffer of its own, for the trace.
  const bytes = new Uint8Array(file);
  let base = 0;
  const trace = traceReads(bytes, () => {
    base = superblockOffset(bytes);
    walkFile(bytes, "native");
  });
  return { name: relative(projectRoot(), path), bytes, base, trace };
}

/** The length of the user block; 0 where there is no signature at all. */
function superblockOffset(bytes: Uint8Array): number {
  const signature = Buffer.from("\x89HDF\r\n\x1a\n", "latin1");
  return Math.max(0, Buffer.from(bytes.buffer).indexOf(signature));
}

function canOpen(bytes: Uint8Array): boolean {
  try {
    H5File.open(new MemoryStorage(bytes, "seed")).close();
    return true;
  } catch (error) {
    if (error instanceof H5Error) return false;
    throw error;
  }
}

/** Files of the project, then those of the corpus, each in the order of their names; without those that cannot be opened. */
export function seedFiles(): string[] {
  const corpus = corpusRoot();
  const files = [sampleFile(), ...hdf5Files(join(projectRoot(), "test/data"))];
  if (corpus !== undefined) files.push(...hdf5Files(corpus));
  return files.filter((path) => {
    const bytes = readFileSync(path);
    return bytes.length <= MAX_FILE && canOpen(bytes);
  });
}
