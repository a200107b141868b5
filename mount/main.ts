#!/usr/bin/env node
import type { Argv } from "yargs";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { type AddCommand, CLI_COMMANDS } from "../src/cli/commands.ts";
import { describeFailure, EXIT, exitStatusOf } from "../src/cli/exit-status.ts";
import { parentOf } from "./background.ts";

const addMount: AddCommand = async (parser) => parser.command((await import("./mount-command.ts")).mountCommand);

/** The commands by their names, in the order of the help. */
const COMMANDS: ReadonlyMap<string, AddCommand> = new Map<string, AddCommand>([
  ["mount", addMount],
  ["umount", async (parser) => parser.command((await import("./umount-command.ts")).umountCommand)],
  ["status", async (parser) => parser.command((await import("./status-command.ts")).statusCommand)],
  ...CLI_COMMANDS,
  ["install", async (parser) => parser.command((await import("../src/cli/install.ts")).installCommand)],
  ["complete", async (parser) => parser.command((await import("../src/cli/complete.ts")).completeCommand)],
  ["mount.h5fs", async (parser) => parser.command((await import("./helper-commands.ts")).mountHelper)],
  ["umount.h5fs", async (parser) => parser.command((await import("./helper-commands.ts")).umountHelper)],
]);

/** The command that the first word names, else the one that needs no name; for the help that is of none, all. */
function commandsOf(words: readonly string[]): readonly AddCommand[] {
  const named = COMMANDS.get(words[0] ?? "");
  if (named !== undefined) return [named];
  return words.includes("--help") || words.includes("-h") ? [...COMMANDS.values()] : [addMount];
}

async function main(): Promise<void> {
  const words = hideBin(process.argv);
  let parser: Argv = yargs(words)
    .scriptName("h5fs")
    .usage("$0 FILE [DIR]  mounts the HDF5 file FILE as the folder DIR");
  for (const add of commandsOf(words)) parser = await add(parser);
  await parser
    .strict()
    .wrap(100)
    .help()
    .alias("help", "h")
    .version()
    .alias("version", "V")
    .exitProcess(false)
    .fail((message, error) => {
      // yargs' own are of the usage, too; the others are a command's.
      throw error === undefined || error.name === "YError" ? usageError(message ?? error.message) : error;
    })
    .parseAsync();
}

class UsageError extends Error {}

/** What yargs says, in words that a user of the program would use. */
function usageError(message: string): UsageError {
  return new UsageError(
    message
      .replace(/^Not enough non-option arguments.*/, "an argument is missing")
      .replace(
        /^Not enough arguments following: (.+)$/,
        (_, name) => `${name.length > 1 ? "--" : "-"}${name} needs a value`,
      ),
  );
}

try {
  await main();
} catch (error) {
  const isUsage = error instanceof UsageError;
  const status = isUsage ? EXIT.usage : exitStatusOf(error);
  const message = isUsage ? `h5fs: ${error.message}; "h5fs --help" tells what there is` : describeFailure(error);
  parentOf(process)?.failed(status, message);
  process.stderr.write(`${message}\n`);
  process.exitCode = status;
}
