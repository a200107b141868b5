#!/usr/bin/env node
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { attrsCommand } from "../src/cli/attrs.ts";
import { catCommand } from "../src/cli/cat.ts";
import { checkCommand } from "../src/cli/check.ts";
import { completeCommand } from "../src/cli/complete.ts";
import { cpCommand } from "../src/cli/cp.ts";
import { dumpCommand } from "../src/cli/dump.ts";
import { describeFailure, EXIT, exitStatusOf } from "../src/cli/exit-status.ts";
import { installCommand } from "../src/cli/install.ts";
import { lsCommand } from "../src/cli/ls.ts";
import { statCommand } from "../src/cli/stat.ts";
import { treeCommand } from "../src/cli/tree.ts";
import { parentOf } from "./background.ts";
import { mountHelper, umountHelper } from "./helper-commands.ts";
import { mountCommand } from "./mount-command.ts";
import { statusCommand } from "./status-command.ts";
import { umountCommand } from "./umount-command.ts";

async function main(): Promise<void> {
  const parser = yargs(hideBin(process.argv))
    .scriptName("h5fs")
    .usage("$0 FILE [DIR]  mounts the HDF5 file FILE as the folder DIR")
    .command(mountCommand)
    .command(umountCommand)
    .command(statusCommand)
    .command(lsCommand)
    .command(catCommand)
    .command(cpCommand)
    .command(treeCommand)
    .command(statCommand)
    .command(attrsCommand)
    .command(dumpCommand)
    .command(checkCommand)
    .command(installCommand)
    .command(completeCommand)
    .command(mountHelper)
    .command(umountHelper)
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
    });
  await parser.parseAsync();
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
