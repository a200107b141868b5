import type { CommandModule } from "yargs";
import { H5Error } from "../errors.ts";
import { filePieces } from "./file-pieces.ts";
import { openLocation, reading } from "./location.ts";
import { writeOut } from "./standard-output.ts";

export const catCommand: CommandModule<object, { location: string }> = {
  command: "cat <location>",
  describe: "Print a file of the tree: the same bytes as in the mount",
  builder: (yargs) =>
    yargs
      .positional("location", { type: "string", demandOption: true, describe: "FILE:/path, names as in the mount" })
      .example("$0 cat data.h5:/group/table.csv", "print a table as CSV")
      .example("$0 cat 'data.h5:/x[0:100].npy' > x.npy", "export a part of an array for NumPy"),
  handler: reading(({ location }) => {
    const { file, node } = openLocation(location);
    if (node.kind === "directory") throw new H5Error("is-a-group", `${node.path} is a directory: h5fs ls lists it`);
    if (node.kind === "broken") throw node.error;
    if (node.kind === "file") for (const piece of filePieces(node)) if (!writeOut(piece)) break;
    file.close();
  }),
};
