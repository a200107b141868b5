import { resolve } from "node:path";
import type { CommandModule } from "yargs";
import { startInBackground } from "./background.ts";
import { MODES, type Mode, OPTION_HELP, parseMountOptions } from "./mount-options.ts";
import { serve } from "./service.ts";

interface Arguments {
  readonly file: string;
  readonly dir: string | undefined;
  readonly foreground: boolean;
  readonly mode: Mode | undefined;
  readonly o: readonly string[] | undefined;
}

export const mountCommand: CommandModule<object, Arguments> = {
  command: ["$0 <file> [dir]", "mount <file> [dir]"],
  describe: "Mount an HDF5 file as a folder",
  builder: (yargs) =>
    yargs
      .positional("file", { type: "string", demandOption: true, describe: "the HDF5 file" })
      .positional("dir", {
        type: "string",
        describe:
          "the mount point; if omitted, a folder beside FILE, named as it is without its extension, made and removed again",
      })
      .option("foreground", { alias: "f", type: "boolean", default: false, describe: "stay in the foreground" })
      .option("mode", {
        type: "string",
        choices: MODES,
        requiresArg: true,
        describe:
          "r: read only (default); r+: read and write; a: the same, FILE is made where it does not exist; w: a new FILE, replacing; x: a new FILE, which must not exist",
      })
      .option("o", {
        type: "string",
        array: true,
        requiresArg: true,
        nargs: 1,
        describe: `mount options, separated by commas:\n${OPTION_HELP}`,
      })
      .example("$0 data.h5 mnt", "then ls mnt, cat, cp, np.load")
      .example("$0 data.h5", "at ./data, which is made and removed again")
      .example("$0 data.h5 mnt -o cache=4G,allow_other", "for everybody, with more memory")
      .example("$0 --mode a data.h5 mnt", "to be written: cp, mv, rm, editors, tar, rsync, git")
      .example("$0 umount mnt", "end it"),
  handler: async ({ file, dir, foreground, mode, o }) => {
    const words = [...(o ?? []), ...(mode === undefined ? [] : [`mode=${mode}`])];
    if (foreground) {
      await serve(file, dir, parseMountOptions(words));
      return;
    }
    const directory = await mountInBackground(file, dir, words);
    process.stdout.write(`${file} is mounted at ${directory}; "h5fs umount ${directory}" ends that\n`);
  },
};

/** @param words each `-o` argument. Resolves to the mount point. @throws CommandError */
export async function mountInBackground(
  file: string,
  dir: string | undefined,
  words: readonly string[],
): Promise<string> {
  // What is wrong with the options is told before anything is started.
  parseMountOptions(words);
  // Absolute, the paths cannot be taken for options.
  const paths = [file, dir].filter((path) => path !== undefined).map((path) => resolve(path));
  return await startInBackground(["mount", "-f", ...words.flatMap((word) => ["-o", word]), ...paths]);
}
