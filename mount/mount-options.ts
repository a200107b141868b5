import { cpus, totalmem } from "node:os";
import { resolve } from "node:path";
import type { CodecMode } from "../codecs/codec.ts";
import { CommandError, EXIT } from "../src/cli/exit-status.ts";
import { H5Error } from "../src/errors.ts";
import type { ExternalPolicy } from "../src/object/external-files.ts";
import type { FilterSpec } from "../src/object/filter-spec.ts";
import { FILTER_WORDS, filtersFromText } from "../src/object/filter-text.ts";
import { LIBRARY_VERSIONS, type LibraryVersion } from "../src/object/new-file.ts";
import { isViewName, VIEW_NAMES, type ViewName } from "../src/view/view.ts";
import { defaultIndexRoot } from "./index-folder.ts";
import { DEFAULT_TRANSPORT, type TransportName } from "./transport.ts";

/** What is shown instead of what the file itself has. */
export interface Ownership {
  readonly uid?: number;
  readonly gid?: number;
  /** Permission bits that files, and directories, do not have; without a mask they have those of the mounted file. */
  readonly fileMask?: number;
  readonly directoryMask?: number;
}

/** As h5py and PyTables have it: read; read and write; the same, made where it does not exist; a new file, replacing one; a new file, where there is none. */
export const MODES = ["r", "r+", "a", "w", "x"] as const;
export type Mode = (typeof MODES)[number];

export interface MountOptions {
  readonly cacheBytes: number;
  readonly codecs: CodecMode;
  readonly workers: number;
  /** Where the sizes and indexes of texts are kept from mount to mount; `undefined`: nowhere. */
  readonly indexRoot: string | undefined;
  readonly transport: TransportName;
  readonly mode: Mode;
  /** Where the log of a file that is written is; `undefined`: beside the file. */
  readonly journalDirectory: string | undefined;
  /** Whether to take libhdf5's shared lock on the file. */
  readonly lock: boolean;
  /** The views to list of each dataset that has any of them; none: its natural one. */
  readonly views: readonly ViewName[];
  /** The filters of files that are made, where no group says others. */
  readonly compression: readonly FilterSpec[];
  /** The oldest HDF5 library that is to read a file that is made. */
  readonly libver: LibraryVersion;
  /** Which new files become datasets, by the ends of their names. */
  readonly imports: readonly ViewName[];
  /** Where external links may lead. */
  readonly external: ExternalPolicy;
  /** Where a daemon in the background says what it has to say: a file, or the socket of a system log. */
  readonly log: string;
  readonly ownership: Ownership;
  /** Whether what POSIX has and HDF5 has not (owners, permissions, exact times) is kept in the file. */
  readonly posix: boolean;
  /** Options for the kernel, as mount(8) takes them. */
  readonly kernel: readonly string[];
}

/** The files that become datasets, unless others are asked for, and all that can. */
const IMPORTS: readonly ViewName[] = ["npy", "csv", "arrow"];
const ALL_IMPORTS: readonly ViewName[] = [...IMPORTS, "json", "txt"];

/** Where the system's log listens (syslog(3)). */
const SYSTEM_LOG = "/dev/log";

/** Said in `--help` and checked here: what `-o` takes. */
export const OPTION_HELP = [
  "cache=SIZE        memory for decoded chunks, e.g. 512M (default: an eighth of the memory, at most 1G)",
  "codecs=portable   decode without system libraries (default: native where they are found)",
  "index=DIR         keep the sizes of text files from mount to mount in DIR (default: ~/.cache/h5fs); index=off: nowhere",
  "workers=N         decoding threads (default: one per core but one)",
  `transport=T       how the kernel is spoken to: kernel or libfuse (default here: ${DEFAULT_TRANSPORT})`,
  "lock=none         do not take the shared lock that libhdf5 takes on a file it reads",
  "views=VIEW,...    list these views of every dataset that has any of them: csv, json, npy, bin, txt, arrow",
  "import=VIEW,...   which new files become datasets, where these then have the same bytes: npy,csv,arrow (default), json, txt; all; off",
  "external=below    where external links may lead, and raw data be: below FILE's directory (default), off, or all",
  "log=FILE          where a daemon in the background says what happens (default: the system's log)",
  "allow_other       let other users in (needs user_allow_other in /etc/fuse.conf, except for root)",
  "uid=N, gid=N      show everything as this user's, this group's (default: the file's)",
  "umask=M           show all permissions but those in M, octal (default: the file's own)",
  "fmask=M, dmask=M  the same, for files only, for directories only",
  "mode=M, rw        as --mode M, as --mode r+",
  `compression=F     filters of new files, where no group has others: ${FILTER_WORDS}`,
  `libver=V          structures of a FILE that is made: ${LIBRARY_VERSIONS.join(", ")} (default: v18, HDF5 1.8)`,
  "journal=DIR       keep the log of the changes in DIR, not beside FILE: name it again after a crash",
  "posix=off         keep no owners, permissions and exact times of files and folders in FILE, nor show those kept there",
  "noexec, noatime   as mount(8) has them; nosuid and nodev are always set",
].join("\n");

/** Words that mount(8), fstab and systemd pass on, and that mean nothing here. */
const IGNORED = new Set(
  [
    "ro defaults auto noauto user nouser users nousers owner noowner group nogroup nofail _netdev",
    "exec suid nosuid dev nodev atime diratime nodiratime relatime norelatime strictatime nostrictatime lazytime",
    "nolazytime async sync dirsync silent loud mand nomand iversion noiversion nonempty",
  ].flatMap((line) => line.split(" ")),
);

/** As `IGNORED`, with a value: who mounts, a remark, systemd's own. */
const IGNORED_WITH_VALUE = new Set(["user", "comment", "helper", "uhelper"]);

/** @param words each `-o` argument, which may be a list with commas. @throws CommandError about a word that is not known */
export function parseMountOptions(words: readonly string[]): MountOptions {
  let options: MountOptions = {
    cacheBytes: Math.min(2 ** 30, Math.floor(totalmem() / 8)),
    codecs: "native",
    indexRoot: defaultIndexRoot(process.env),
    workers: Math.max(1, cpus().length - 1),
    transport: DEFAULT_TRANSPORT,
    mode: "r",
    journalDirectory: undefined,
    lock: true,
    views: [],
    compression: [],
    libver: "v18",
    imports: IMPORTS,
    external: "below",
    log: SYSTEM_LOG,
    ownership: {},
    posix: true,
    kernel: [],
  };
  for (const word of words.flatMap(splitOptions)) {
    options = { ...options, ...parseWord(word, options) };
  }
  return options;
}

/** A list with commas; in `views=csv,npy` and `compression=shuffle,gzip` they stand between the words of one, too. */
function splitOptions(list: string): string[] {
  const words: string[] = [];
  for (const word of list.split(",").filter((part) => part !== "")) {
    const last = words.at(-1);
    const isViews = last !== undefined && /^(views|import)=/.test(last) && isViewName(word);
    const isFilters = last?.startsWith("compression=") === true && isFilterText(word);
    if (isViews || isFilters) words[words.length - 1] = `${last},${word}`;
    else words.push(word);
  }
  return words;
}

function parseWord(word: string, options: MountOptions): Partial<MountOptions> {
  const [key = "", value] = word.split(/=(.*)/s);
  if (isIgnored(key, value)) return {};
  const { ownership } = options;
  switch (key) {
    case "cache":
      return { cacheBytes: parseSize(word, value) };
    case "index":
      if (value === "off") return { indexRoot: undefined };
      if (value !== undefined && value !== "") return { indexRoot: resolve(value) };
      break;
    case "codecs":
      return { codecs: oneOf(word, value, ["native", "portable"]) };
    case "workers":
      return { workers: parseNumber(word, value, 1, 64) };
    case "transport":
      return { transport: oneOf(word, value, ["kernel", "libfuse"]) };
    case "posix":
      return { posix: oneOf(word, value, ["on", "off"]) === "on" };
    case "lock":
      return { lock: oneOf(word, value, ["shared", "none"]) === "shared" };
    case "views":
      return { views: parseViews(word, value) };
    case "compression":
      return { compression: parseFilters(word, value) };
    case "libver":
      return { libver: oneOf(word, value, LIBRARY_VERSIONS) };
    case "import":
      return { imports: parseImports(word, value) };
    case "external":
      return { external: oneOf(word, value, ["off", "below", "all"]) };
    case "log":
      if (value !== undefined && value !== "") return { log: value };
      break;
    case "uid":
    case "gid":
      return { ownership: { ...ownership, [key]: parseNumber(word, value, 0, 2 ** 32 - 2) } };
    case "umask": {
      const mask = parseMask(word, value);
      return { ownership: { fileMask: mask, directoryMask: mask, ...ownership } };
    }
    case "fmask":
      return { ownership: { ...ownership, fileMask: parseMask(word, value) } };
    case "dmask":
      return { ownership: { ...ownership, directoryMask: parseMask(word, value) } };
    case "allow_other":
    case "default_permissions":
    case "noexec":
    case "noatime":
      if (value === undefined) return { kernel: [...options.kernel, key] };
      break;
    case "journal":
      if (value !== undefined && value !== "") return { journalDirectory: resolve(value) };
      break;
    case "mode":
      return { mode: oneOf(word, value, MODES) };
    case "rw":
      // As `--mode r+`, unless that says more.
      if (value === undefined) return { mode: options.mode === "r" ? "r+" : options.mode };
      break;
  }
  throw new CommandError(EXIT.usage, `-o ${word}: there is no such option; "h5fs --help" lists them`);
}

function isIgnored(key: string, value: string | undefined): boolean {
  if (/^x-/i.test(key)) return true;
  return value === undefined ? IGNORED.has(key) : IGNORED_WITH_VALUE.has(key);
}

/** Whether the mount can be written. */
export function isWritable({ mode }: Pick<MountOptions, "mode">): boolean {
  return mode !== "r";
}

function oneOf<T extends string>(word: string, value: string | undefined, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new CommandError(EXIT.usage, `-o ${word}: expected ${allowed.join(" or ")}`);
  return found;
}

function parseNumber(word: string, value: string | undefined, least: number, most: number): number {
  const number = /^\d+$/.test(value ?? "") ? Number(value) : -1;
  if (number < least || number > most)
    throw new CommandError(EXIT.usage, `-o ${word}: expected a number from ${least} to ${most}`);
  return number;
}

function parseMask(word: string, value = ""): number {
  if (!/^[0-7]{1,4}$/.test(value))
    throw new CommandError(EXIT.usage, `-o ${word}: expected permission bits in octal, such as 027`);
  return Number.parseInt(value, 8);
}

function parseViews(word: string, value = ""): ViewName[] {
  const names = value.split(",");
  const views = names.filter(isViewName);
  if (views.length < names.length) {
    throw new CommandError(EXIT.usage, `-o ${word}: expected views, each one of ${VIEW_NAMES.join(", ")}`);
  }
  return views;
}

function parseFilters(word: string, value = ""): FilterSpec[] {
  try {
    return filtersFromText(value);
  } catch (error) {
    if (error instanceof H5Error) throw new CommandError(EXIT.usage, `-o ${word}: ${error.message}`, error);
    throw error;
  }
}

function isFilterText(word: string): boolean {
  try {
    return filtersFromText(word).length > 0;
  } catch (error) {
    if (error instanceof H5Error) return false;
    throw error;
  }
}

function parseImports(word: string, value = ""): ViewName[] {
  if (value === "off") return [];
  if (value === "all") return [...ALL_IMPORTS];
  const views = value.split(",");
  const known = ALL_IMPORTS.filter((view) => views.includes(view));
  if (views.every((view) => known.some((each) => each === view))) return known;
  throw new CommandError(EXIT.usage, `-o ${word}: expected all, off, or some of ${ALL_IMPORTS.join()}`);
}

function parseSize(word: string, value = ""): number {
  const match = /^(\d+)([KMG]?)$/i.exec(value);
  if (match === null) throw new CommandError(EXIT.usage, `-o ${word}: expected a size such as 64M or 2G`);
  const unit = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }[match[2]?.toUpperCase() ?? ""] ?? 1;
  return Number(match[1]) * unit;
}
