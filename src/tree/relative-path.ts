/** The text of a symlink in the directory `from` that leads to `to`: both absolute, normalised paths in the tree. */
export function relativePath(from: string, to: string): string {
  const source = from.split("/").filter((part) => part !== "");
  const target = to.split("/").filter((part) => part !== "");
  let common = 0;
  while (common < source.length && common < target.length && source[common] === target[common]) common++;
  const up = source.slice(common).map(() => "..");
  return [...up, ...target.slice(common)].join("/") || ".";
}
