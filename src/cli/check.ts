import type { CommandModule } from "yargs";
import { encodeText } from "../format/text.ts";
import { type CheckReport, checkFile, type Finding, type Severity } from "../object/check.ts";
import type { PendingState } from "../storage/journal/pending-state.ts";
import { EXIT } from "./exit-status.ts";
import { attachFile, openLocked } from "./open-file.ts";
import { printable } from "./printable.ts";
import { Progress, QUIET } from "./progress.ts";
import { changes } from "./recover.ts";
import { writeOut } from "./standard-output.ts";

export const checkCommand: CommandModule<object, { file: string; json: boolean; data: boolean; quiet: boolean }> = {
  command: "check <file>",
  describe: "Verify the structure of a whole file",
  builder: (yargs) =>
    yargs
      .positional("file", { type: "string", demandOption: true, describe: "the HDF5 file" })
      .option("data", { type: "boolean", default: false, describe: "decode all data, too" })
      .option("quiet", QUIET)
      .option("json", { type: "boolean", default: false, describe: "for programs: an object" })
      .example("$0 check data.h5", "is any structure damaged, is space lost?")
      .example("$0 check --data data.h5", "can every chunk be decoded?"),
  handler: ({ file: name, json, data, quiet }) => {
    const { storage, pending } = openLocked(name);
    const file = attachFile(name, storage);
    try {
      const progress = new Progress(process.stderr, quiet);
      const told = (path: string, bytes: number): void => {
        if (bytes === 0) progress.done();
        progress.working(path, bytes);
      };
      const checked = checkFile(file, { data, progress: told });
      progress.clear();
      const report =
        pending === undefined ? checked : { ...checked, findings: [pendingNote(pending), ...checked.findings] };
      writeOut(encodeText(json ? jsonText(name, report, pending) : plainText(name, report)));
      process.exitCode = statusOf(report);
    } finally {
      file.close();
    }
  },
};

/** The file was checked as it is with those changes. */
function pendingNote({ transactions }: PendingState): Finding {
  const message =
    `the last ${changes(transactions)} of the file are only in the log beside it, since its writer died; ` +
    "opening it for writing, or h5fs recover, puts them in place";
  return { severity: "note", path: "journal", address: undefined, message };
}

function has({ findings }: CheckReport, severity: Severity): boolean {
  return findings.some((finding) => finding.severity === severity);
}

function statusOf(report: CheckReport): number {
  if (has(report, "damage")) return EXIT.damaged;
  return has(report, "unchecked") ? EXIT.unsupported : EXIT.ok;
}

/** Every finding in a line, the worst first, and a summary. */
export function plainText(name: string, report: CheckReport): string {
  const { findings, objects, structures, allocatedBytes, unreachableBytes } = report;
  const lines: string[] = [];
  for (const severity of ["damage", "unchecked", "note"] as const) {
    for (const finding of findings) if (finding.severity === severity) lines.push(line(finding));
  }
  const share = allocatedBytes === 0 ? 0 : (100 * unreachableBytes) / allocatedBytes;
  lines.push(
    `${name}: ${verdict(report)}; ${objects} objects, ${structures} extents of metadata and data, ` +
      `${unreachableBytes} of ${allocatedBytes} bytes (${share.toFixed(1)} %) not in use`,
  );
  return lines.map((text) => `${printable(text)}\n`).join("");
}

function line({ severity, path, message }: Finding): string {
  return message.startsWith(`${path}: `) ? `${severity}: ${message}` : `${severity}: ${path}: ${message}`;
}

function verdict(report: CheckReport): string {
  const damages = report.findings.filter(({ severity }) => severity === "damage").length;
  if (damages > 0) return `damaged in ${damages} ${damages === 1 ? "place" : "places"}`;
  return has(report, "unchecked") ? "no damage found, but not all of it can be checked" : "no damage found";
}

function jsonText(name: string, report: CheckReport, pending: PendingState | undefined): string {
  const { findings, ...counts } = report;
  const pendingChanges = pending?.transactions ?? 0;
  const damaged = has(report, "damage");
  return `${JSON.stringify({ file: name, damaged, pendingChanges, ...counts, findings }, undefined, 2)}\n`;
}
