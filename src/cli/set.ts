import type { CommandModule } from "yargs";
import type { StorageOptions } from "../object/change-storage.ts";
import type { FilterSpec } from "../object/filter-spec.ts";
import { DRY_RUN, type EditArguments, editFile, pathInFile } from "./edit-location.ts";
import { CommandError, EXIT } from "./exit-status.ts";
import { parseShape } from "./resize.ts";

interface SetArguments extends EditArguments {
  readonly what: "chunks" | "filters";
  readonly location: string;
  readonly value: string;
}

export const setCommand: CommandModule<object, SetArguments> = {
  command: "set <what> <location> <value>",
  describe: "Store a dataset with other chunks or filters",
  builder: (yargs) =>
    yargs
      .positional("what", {
        choices: ["chunks", "filters"] as const,
        demandOption: true,
        describe: "what is to be another",
      })
      .positional("location", { type: "string", demandOption: true, describe: "FILE:/path of a dataset" })
      .positional("value", {
        type: "string",
        demandOption: true,
        describe: "chunks: N,M,..., auto, none; filters: shuffle,gzip=6, none",
      })
      .option("dry-run", DRY_RUN)
      .example("$0 set filters data.h5:/x shuffle,gzip=6", "its elements are written anew, compressed")
      .example("$0 set chunks data.h5:/x 100,_", "chunks of 100 whole rows"),
  handler: ({ what, location, value, "dry-run": dryRun }) => {
    const { file: name, path } = pathInFile(location);
    editFile(name, dryRun, (file) => {
      const dataset = file.dataset(path);
      dataset.store(
        what === "chunks" ? { chunks: parseChunks(value, dataset.shape) } : { filters: parseFilters(value) },
      );
    });
  },
};

function parseChunks(text: string, shape: readonly number[]): NonNullable<StorageOptions["chunks"]> {
  if (text === "auto") return "choose";
  return text === "none" ? "none" : parseShape(text, shape);
}

const FILTER_NAMES = ["shuffle", "fletcher32", "lzf", "gzip", "lzo", "bzip2", "blosc"] as const;
const WITH_LEVEL = ["gzip", "lzo", "bzip2", "blosc"] as const;

/** `shuffle,gzip=6`; also for `h5fs cp`. */
export function parseFilters(text: string): FilterSpec[] {
  if (text === "none") return [];
  return text.split(",").map((word): FilterSpec => {
    const plain = FILTER_NAMES.find((name) => name === word);
    if (plain !== undefined) return plain;
    const [, before, level] = /^(\w+)=(\d)$/.exec(word) ?? [];
    const leveled = WITH_LEVEL.find((name) => name === before);
    if (leveled !== undefined) return { [leveled]: Number(level) };
    throw new CommandError(
      EXIT.usage,
      `${text}: expected filters, each one of ${FILTER_NAMES.join(", ")}, these with a level as in gzip=6; or none`,
    );
  });
}
