import { cpus, totalmem } from "node:os";
import type { CodecMode } from "../codecs/codec.ts";
import { CommandError, EXIT } from "../src/cli/exit-status.ts";
import { DEFAULT_TRANSPORT, type TransportName } from "./transport.ts";

export interface MountOptions {
  readonly cacheBytes: number;
  readonly codecs: CodecMode;
  readonly workers: number;
  readonly transport: TransportName;
  /** Whether to take libhdf5's shared lock on the file. */
  readonly lock: boolean;
  /** What a daemon in the background has to say is appended to this file. */
  readonly logFile: string | undefined;
  /** Options for the kernel, as mount(8) takes them. */
  readonly kernel: readonly string[];
}

/** Said in `--help` and checked here: what `-o` takes. */
export const OPTION_HELP = [
  "cache=SIZE        memory for decoded chunks, e.g. 512M (default: an eighth of the memory, at most 1G)",
  "codecs=portable   decode without system libraries (default: native where they are found)",
  "workers=N         decoding threads (default: one per core but one)",
  `transport=T       how the kernel is spoken to: kernel or libfuse (default here: ${DEFAULT_TRANSPORT})`,
  "lock=none         do not take the shared lock that libhdf5 takes on a file it reads",
  "log=FILE          append messages to FILE while in the background",
  "allow_other       let other users in (needs user_allow_other in /etc/fuse.conf, except for root)",
  "ro                read only, as every mount is so far",
].join("\n");

/** Words that mount(8), fstab and systemd pass on, and that mean nothing here. */
const IGNORED = new Set(
  "ro defaults auto noauto user nouser users owner nofail _netdev exec noexec suid nosuid dev nodev relatime noatime async".split(
    " ",
  ),
);

/** @param words each `-o` argument, which may be a list with commas. @throws CommandError about a word that is not known */
export function parseMountOptions(words: readonly string[]): MountOptions {
  let options: MountOptions = {
    cacheBytes: Math.min(2 ** 30, Math.floor(totalmem() / 8)),
    codecs: "native",
    workers: Math.max(1, cpus().length - 1),
    transport: DEFAULT_TRANSPORT,
    lock: true,
    logFile: undefined,
    kernel: [],
  };
  for (const word of words.flatMap((list) => list.split(",")).filter((word) => word !== "")) {
    options = { ...options, ...parseWord(word, options) };
  }
  return options;
}

function parseWord(word: string, options: MountOptions): Partial<MountOptions> {
  const [key = "", value] = word.split(/=(.*)/s);
  if (value === undefined && (IGNORED.has(key) || key.startsWith("x-"))) return {};
  switch (key) {
    case "cache":
      return { cacheBytes: parseSize(word, value) };
    case "codecs":
      return { codecs: oneOf(word, value, ["native", "portable"]) };
    case "workers":
      return { workers: parseCount(word, value) };
    case "transport":
      return { transport: oneOf(word, value, ["kernel", "libfuse"]) };
    case "lock":
      return { lock: oneOf(word, value, ["shared", "none"]) === "shared" };
    case "log":
      if (value !== undefined && value !== "") return { logFile: value };
      break;
    case "allow_other":
      if (value === undefined) return { kernel: [...options.kernel, key] };
      break;
    case "rw":
      throw new CommandError(EXIT.usage, "-o rw: writing is not possible yet; every mount is read only");
  }
  throw new CommandError(EXIT.usage, `-o ${word}: there is no such option; "h5fs --help" lists them`);
}

function oneOf<T extends string>(word: string, value: string | undefined, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new CommandError(EXIT.usage, `-o ${word}: expected ${allowed.join(" or ")}`);
  return found;
}

function parseCount(word: string, value: string | undefined): number {
  const count = Number(value);
  if (!Number.isInteger(count) || count < 1 || count > 64)
    throw new CommandError(EXIT.usage, `-o ${word}: expected a number from 1 to 64`);
  return count;
}

function parseSize(word: string, value = ""): number {
  const match = /^(\d+)([KMG]?)$/i.exec(value);
  if (match === null) throw new CommandError(EXIT.usage, `-o ${word}: expected a size such as 64M or 2G`);
  const unit = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }[match[2]?.toUpperCase() ?? ""] ?? 1;
  return Number(match[1]) * unit;
}
