import { resolve } from "node:path";
import type { CommandModule } from "yargs";
import { parentOf, startInBackground } from "./background.ts";
import { startDaemon } from "./daemon.ts";
import { type MountOptions, OPTION_HELP, parseMountOptions } from "./mount-options.ts";

interface Arguments {
  readonly file: string;
  readonly dir: string | undefined;
  readonly foreground: boolean;
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
      .option("o", {
        type: "string",
        array: true,
        requiresArg: true,
        nargs: 1,
        describe: `mount options, separated by commas:\n${OPTION_HELP}`,
      })
      .example("$0 data.h5 mnt", "then ls mnt, cat, cp, np.load")
      .example("$0 umount mnt", "end it"),
  handler: async ({ file, dir, foreground, o }) => {
    const options = parseMountOptions(o ?? []);
    if (foreground) await serve(file, dir, options);
    else await mountInBackground(file, dir, o ?? [], options);
  },
};

async function mountInBackground(
  file: string,
  dir: string | undefined,
  o: readonly string[],
  { logFile }: MountOptions,
): Promise<void> {
  // Absolute, the paths cannot be taken for options.
  const paths = [file, dir].filter((path) => path !== undefined).map((path) => resolve(path));
  const directory = await startInBackground(["-f", ...o.flatMap((word) => ["-o", word]), ...paths], logFile);
  process.stdout.write(`${file} is mounted at ${directory}; "h5fs umount ${directory}" ends that\n`);
}

async function serve(file: string, dir: string | undefined, options: MountOptions): Promise<void> {
  const parent = parentOf(process);
  const daemon = await startDaemon(file, dir, options, (line) => process.stderr.write(`h5fs: ${line}\n`));
  let signalled = false;
  const onSignal = (): void => {
    // The first asks politely; a second one, as of an impatient user, changes nothing that the first did not begin.
    if (signalled) return;
    signalled = true;
    void daemon.stop();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  // The working directory would keep its file system busy.
  process.chdir("/");
  parent?.mounted(daemon.directory);
  await daemon.ended;
  // Threads that wait in the kernel may outlive their work.
  process.exit(0);
}
