import type { CommandModule } from "yargs";
import { H5Error } from "../errors.ts";
import { encodeText } from "../format/text.ts";
import { openLocation, splitLocation } from "./location.ts";
import { writeOut } from "./standard-output.ts";

/** What a command takes. `location`: `FILE:/path`; `path`: a file or folder, which the shell itself completes. */
interface Completed {
  readonly options: readonly string[];
  readonly argument: "location" | "path";
}

/** The command that needs no name. */
const MOUNT: Completed = { options: ["--foreground", "-f", "--mode", "-o"], argument: "path" };

/** All commands by name. */
export const COMPLETED: Readonly<Record<string, Completed>> = {
  mount: MOUNT,
  umount: { options: ["--lazy", "-l"], argument: "path" },
  status: { options: ["--json"], argument: "path" },
  ls: { options: ["--long", "-l"], argument: "location" },
  cat: { options: [], argument: "location" },
  cp: {
    options: [
      "--recursive",
      "-r",
      "--force",
      "-f",
      "--views",
      "--no-xattrs",
      "--quiet",
      "-q",
      "--filters",
      "--as",
      "--dry-run",
    ],
    argument: "location",
  },
  tree: { options: [], argument: "location" },
  stat: { options: ["--json"], argument: "location" },
  attrs: { options: ["--json"], argument: "location" },
  dump: { options: ["--json"], argument: "path" },
  check: { options: ["--data", "--json", "--quiet", "-q"], argument: "path" },
  create: { options: ["--libver", "--user-block", "--force", "-f"], argument: "path" },
  mkdir: { options: ["--parents", "-p", "--dry-run"], argument: "location" },
  rm: { options: ["--recursive", "-r", "--force", "-f", "--dry-run"], argument: "location" },
  mv: { options: ["--force", "-f", "--dry-run"], argument: "location" },
  ln: { options: ["--symbolic", "-s", "--dry-run"], argument: "location" },
  recover: { options: ["--discard-log"], argument: "path" },
  attr: { options: ["--type", "-t", "--force", "-f", "--dry-run"], argument: "location" },
  resize: { options: ["--dry-run"], argument: "location" },
  set: { options: ["--dry-run", "--quiet", "-q"], argument: "location" },
  repack: { options: ["--libver", "--quiet", "-q"], argument: "path" },
  install: { options: ["--root", "--remove"], argument: "path" },
};

const MOUNT_OPTIONS = [
  "cache= codecs=portable workers= index= transport=libfuse lock=none views= external= log=",
  "allow_other default_permissions uid= gid= umask= fmask= dmask= noexec noatime ro rw mode= journal= compression= libver= import= posix=off",
].flatMap((line) => line.split(" "));

/** Called by the shells' completions (scripts/completions). */
export const completeCommand: CommandModule<object, object> = {
  command: "complete",
  describe: false,
  // The words come after "--", so that none of them is taken for an option of this command.
  builder: (yargs) => yargs.strict(false),
  handler: ({ _ }) => {
    const words = _.slice(1).map(String);
    writeOut(
      encodeText(
        completions(words)
          .map((candidate) => `${candidate}\n`)
          .join(""),
      ),
    );
  },
};

/**
 * What may stand in place of the last word, those before it being given (without "h5fs"). Nothing: files, which the shell
 * knows better.
 */
export function completions(words: readonly string[]): string[] {
  const word = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const name = before.find((candidate) => !candidate.startsWith("-"));
  const command = name === undefined ? undefined : COMPLETED[name];
  if (before.at(-1) === "-o") return mountOptions(word);
  const { options, argument } = command ?? MOUNT;
  if (word.startsWith("-")) return startingWith(word, [...options, "--help"]);
  if (name === undefined) return startingWith(word, Object.keys(COMPLETED));
  return argument === "location" ? locations(word) : [];
}

function startingWith(word: string, candidates: readonly string[]): string[] {
  return candidates.filter((candidate) => candidate.startsWith(word));
}

/** In a list with commas, the last option. */
function mountOptions(word: string): string[] {
  const start = word.lastIndexOf(",") + 1;
  return startingWith(word.slice(start), MOUNT_OPTIONS).map((option) => word.slice(0, start) + option);
}

/** Below the group that is written so far; nothing while the file itself is being written. */
function locations(word: string): string[] {
  const { file, path } = splitLocation(word);
  if (file === word) return [];
  const group = path.slice(0, path.lastIndexOf("/") + 1);
  try {
    const { file: opened, tree, node } = openLocation(`${file}:${group}`);
    const names =
      node.kind === "directory"
        ? Array.from(tree.entries(node), ({ name, node: { kind } }) => (kind === "directory" ? `${name}/` : name))
        : [];
    opened.close();
    return startingWith(
      word,
      names.map((name) => `${file}:${group}${name}`),
    );
  } catch (error) {
    // A word that leads nowhere has no continuation.
    if (error instanceof H5Error) return [];
    throw error;
  }
}
