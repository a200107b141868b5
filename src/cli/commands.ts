import type { Argv } from "yargs";

/** Adds one command to those that the program knows. */
export type AddCommand = (parser: Argv) => Promise<Argv>;

/**
 * The commands that need no mount, by their names, in the order of the help. Of most runs only one is needed: loading them all
 * takes longer than most of them.
 */
export const CLI_COMMANDS: readonly (readonly [name: string, add: AddCommand])[] = [
  ["ls", async (parser) => parser.command((await import("./ls.ts")).lsCommand)],
  ["cat", async (parser) => parser.command((await import("./cat.ts")).catCommand)],
  ["cp", async (parser) => parser.command((await import("./cp.ts")).cpCommand)],
  ["tree", async (parser) => parser.command((await import("./tree.ts")).treeCommand)],
  ["stat", async (parser) => parser.command((await import("./stat.ts")).statCommand)],
  ["attrs", async (parser) => parser.command((await import("./attrs.ts")).attrsCommand)],
  ["dump", async (parser) => parser.command((await import("./dump.ts")).dumpCommand)],
  ["check", async (parser) => parser.command((await import("./check.ts")).checkCommand)],
  ["recover", async (parser) => parser.command((await import("./recover.ts")).recoverCommand)],
  ["create", async (parser) => parser.command((await import("./create.ts")).createCommand)],
  ["mkdir", async (parser) => parser.command((await import("./mkdir.ts")).mkdirCommand)],
  ["rm", async (parser) => parser.command((await import("./rm.ts")).rmCommand)],
  ["mv", async (parser) => parser.command((await import("./mv.ts")).mvCommand)],
  ["ln", async (parser) => parser.command((await import("./ln.ts")).lnCommand)],
  ["attr", async (parser) => parser.command((await import("./attr.ts")).attrCommand)],
  ["resize", async (parser) => parser.command((await import("./resize.ts")).resizeCommand)],
  ["set", async (parser) => parser.command((await import("./set.ts")).setCommand)],
  ["repack", async (parser) => parser.command((await import("./repack.ts")).repackCommand)],
];
