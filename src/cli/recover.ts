import type { CommandModule } from "yargs";
import { encodeText } from "../format/text.ts";
import { recoverFile } from "../object/recover-file.ts";
import type { Recovery } from "../storage/journal/recovery.ts";
import { printable } from "./printable.ts";
import { writeOut } from "./standard-output.ts";

export const recoverCommand: CommandModule<object, { file: string; "discard-log": boolean }> = {
  command: "recover <file>",
  describe: "Make a file whole whose writer died",
  builder: (yargs) =>
    yargs
      .positional("file", { type: "string", demandOption: true, describe: "the HDF5 file" })
      .option("discard-log", {
        type: "boolean",
        default: false,
        describe: "go back to the state before the changes in the log, which is kept under another name",
      })
      .example("$0 recover data.h5", "put the changes in place that are only in its log yet"),
  handler: ({ file, "discard-log": discardLog }) => {
    const recovery = recoverFile(file, { discardLog });
    writeOut(encodeText(`${printable(`${file}: ${sentence(recovery)}`)}\n`));
  },
};

function sentence(recovery: Recovery): string {
  switch (recovery.kind) {
    case "clean":
      return "nothing to recover";
    case "recovered": {
      const { transactions, lost } = recovery;
      const applied = `${changes(transactions)} of its log are in the file now`;
      return lost === 0 ? applied : `${applied}; ${changes(lost)} after those could not be applied, and are lost`;
    }
    case "unmarked":
      return "is as it was before the last changes, whose log is missing";
    case "set-aside":
      return `is as it was before the last changes; their log is kept as ${recovery.name}`;
  }
}

export function changes(n: number): string {
  return n === 1 ? "1 change" : `${n} changes`;
}
