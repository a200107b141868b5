import { resolve } from "node:path";
import type { CommandModule } from "yargs";
import { CommandError, EXIT } from "../src/cli/exit-status.ts";
import { printable } from "../src/cli/printable.ts";
import { writeOut } from "../src/cli/standard-output.ts";
import { encodeText } from "../src/format/text.ts";
import { askMount } from "./ask-mount.ts";
import { TYPE } from "./kernel/mount.ts";
import { type MountTableEntry, mountEntries } from "./kernel/mount-table.ts";
import { mountPointAt } from "./mount-state.ts";
import { type MountStatus, STATUS_ATTRIBUTE } from "./mount-status.ts";

/** One mount: `problem` where its daemon does not say more. */
interface Report extends Partial<MountStatus> {
  readonly directory: string;
  readonly file: string;
  readonly problem?: string;
}

export const statusCommand: CommandModule<object, { dir: string | undefined; json: boolean }> = {
  command: "status [dir]",
  describe: "What is mounted where, by whom, since when",
  builder: (yargs) =>
    yargs
      .positional("dir", { type: "string", describe: "one mount point; all, if omitted" })
      .option("json", { type: "boolean", default: false, describe: "for programs: an array of objects" })
      .example("$0 status", "all mounts of h5fs")
      .example("$0 status --json mnt", "one of them, for a program"),
  handler: async ({ dir, json }) => {
    const wanted = dir === undefined ? undefined : mountPointAt(dir);
    if (dir !== undefined && wanted === undefined) {
      throw new CommandError(EXIT.notMounted, `nothing is mounted at ${resolve(dir)} by h5fs`);
    }
    const entries = mountEntries().filter(
      ({ type, directory }) => type === TYPE && (wanted === undefined || directory === wanted),
    );
    const reports = await Promise.all(entries.map(report));
    const text = json ? `${JSON.stringify(reports, undefined, 2)}\n` : reports.map(describe).join("\n");
    writeOut(encodeText(text));
  },
};

async function report({ directory, source }: MountTableEntry): Promise<Report> {
  const answer = await askMount(directory, STATUS_ATTRIBUTE);
  const entry = { directory, file: source };
  switch (answer.kind) {
    case "value": {
      const status: MountStatus = JSON.parse(answer.text);
      return { ...entry, ...status };
    }
    case "silent":
      return { ...entry, problem: `it does not answer; "h5fs umount -l ${directory}" takes it away` };
    case "refused":
      return { ...entry, problem: problemOf(answer.code, directory) };
  }
}

function problemOf(code: string, directory: string): string {
  if (code === "ENOTCONN") return `its daemon has died; "h5fs umount ${directory}" takes it away`;
  if (code === "EACCES") return "it is another user's, and not for others (allow_other)";
  return `it does not say how it is (${code})`;
}

function describe({ directory, file, problem, pid, uid, since, requests, cache }: Report): string {
  const lines: [string, string | undefined][] = [
    ["file", printable(file)],
    ["problem", problem],
    ["daemon", pid === undefined ? undefined : `process ${pid} of user ${uid}`],
    ["since", since],
    ["requests", requests === undefined ? undefined : `${requests}`],
    ["cache", cache === undefined ? undefined : `${mib(cache.bytes)} of ${mib(cache.limit)} MiB of decoded chunks`],
  ];
  const shown = lines.filter(([, value]) => value !== undefined);
  return `${printable(directory)}\n${shown.map(([name, value]) => `  ${name.padEnd(9)} ${value}\n`).join("")}`;
}

function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0);
}
