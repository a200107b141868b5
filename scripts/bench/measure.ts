/** One run of one contestant: what it managed, in the benchmark's unit. */
export type Trial = () => Promise<number>;

export interface Contestant {
  readonly name: string;
  readonly trial: Trial;
}

export interface Result {
  readonly name: string;
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** Runs every contestant once a round, in an order that turns, so that a machine that slows down slows all of them. */
export async function interleave(contestants: readonly Contestant[], rounds: number): Promise<Result[]> {
  const values = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < contestants.length; i++) {
      const contestant = contestants[(i + round) % contestants.length];
      if (contestant !== undefined) {
        values.get(contestant.name)?.push(await contestant.trial());
      }
    }
  }
  return [...values].map(([name, all]) => ({
    name,
    median: median(all),
    lowest: Math.min(...all),
    highest: Math.max(...all),
  }));
}

/** Prints the results, the first of them being h5fs, and its ratio to each other. */
export function printTable(title: string, unit: string, results: readonly Result[]): void {
  const ours = results[0]?.median ?? Number.NaN;
  const digits = results.some(({ median: value }) => value < 10) ? 2 : 0;
  const rows = results.map(({ name, median: value, lowest, highest }, i) => [
    name,
    value.toFixed(digits),
    `${lowest.toFixed(digits)}-${highest.toFixed(digits)}`,
    i === 0 ? "" : (ours / value).toFixed(2),
  ]);
  const table = [["", `median ${unit}`, "range", `${results[0]?.name ?? ""} / it`], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  console.log(`\n${title}`);
  for (const row of table) {
    console.log(
      `  ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("   ")}`,
    );
  }
}
