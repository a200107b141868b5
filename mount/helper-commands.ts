import type { CommandModule } from "yargs";
import { mountInBackground } from "./mount-command.ts";
import { umount } from "./umount-command.ts";

/**
 * What mount(8) and umount(8) call for file systems of the types h5fs and fuse.h5fs, as their manuals say under "External
 * helpers". `h5fs install` puts programs of these names where they look.
 */
interface MountArguments {
  readonly source: string;
  readonly dir: string;
  readonly fake: boolean;
  readonly verbose: boolean;
  readonly o: readonly string[] | undefined;
}

export const mountHelper: CommandModule<object, MountArguments> = {
  command: "mount.h5fs <source> <dir>",
  describe: false,
  builder: (yargs) =>
    yargs
      .positional("source", { type: "string", demandOption: true })
      .positional("dir", { type: "string", demandOption: true })
      .option("o", { type: "string", array: true, requiresArg: true, nargs: 1 })
      .option("fake", { alias: "f", type: "boolean", default: false })
      .option("verbose", { alias: "v", type: "boolean", default: false })
      // Sloppy options, no mtab, the type, a namespace: accepted, and of no use here.
      .option("s", { type: "boolean" })
      .option("n", { type: "boolean" })
      .option("t", { type: "string", requiresArg: true })
      .option("N", { type: "string", requiresArg: true }),
  handler: async ({ source, dir, fake, verbose, o }) => {
    // mount(8) says "rw" wherever fstab does not say "ro"; a mount is read only all the same.
    const words = (o ?? []).flatMap((list) => list.split(",")).filter((word) => word !== "rw");
    if (fake) return;
    const directory = await mountInBackground(source, dir, words);
    if (verbose) process.stdout.write(`${source} is mounted at ${directory}\n`);
  },
};

export const umountHelper: CommandModule<object, { dir: string; lazy: boolean; force: boolean }> = {
  command: "umount.h5fs <dir>",
  describe: false,
  builder: (yargs) =>
    yargs
      .positional("dir", { type: "string", demandOption: true })
      .option("lazy", { alias: "l", type: "boolean", default: false })
      // Forced: whoever waits for the daemon is cut off. A lazy unmount does no less, and holds nobody.
      .option("force", { alias: "f", type: "boolean", default: false })
      .option("n", { type: "boolean" })
      .option("r", { type: "boolean" })
      .option("v", { type: "boolean" })
      .option("t", { type: "string", requiresArg: true })
      .option("N", { type: "string", requiresArg: true }),
  handler: async ({ dir, lazy, force }) => umount(dir, { lazy: lazy || force }),
};
