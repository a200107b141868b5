import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { OPTION_HELP } from "../../mount/mount-options.ts";
import { EXIT } from "../../src/cli/exit-status.ts";
import { projectRoot } from "../support/project.ts";

const read = (path: string): string => readFileSync(join(projectRoot(), path), "utf8");

/** The texts that `it` and `describe` have in the test files, as they stand there. */
function testTitles(): Set<string> {
  const root = join(projectRoot(), "test");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  return new Set(
    files.flatMap((name) =>
      Array.from(
        readFileSync(join(root, name), "utf8").matchAll(/\bit\(\s*(?:"([^"]+)"|`([^`]+)`)/g),
        ([, quoted, template]) => `${name}: ${quoted ?? template}`,
      ),
    ),
  );
}

describe("the documents", () => {
  const statuses = Object.values(EXIT).map(String);

  it("have every exit status, and no other: docs/cli.md", () => {
    const [, section = ""] = read("docs/cli.md").split("## Exit status");
    const rows = Array.from(section.matchAll(/^\| (\d+) +\| \S.*\|$/gm), ([, status]) => status);
    assert.deepEqual(rows, statuses);
  });

  it("have every exit status, and no other: docs/h5fs.1", () => {
    const [, section = ""] = read("docs/h5fs.1").split(".SH EXIT STATUS");
    const rows = Array.from(section.matchAll(/^\.B (\d+)\n\S/gm), ([, status]) => status);
    assert.deepEqual(rows, statuses);
  });

  for (const page of ["docs/cli.md", "docs/h5fs.1"]) {
    it(`have every mount option of the help: ${page}`, () => {
      const text = read(page);
      const names = OPTION_HELP.split("\n").flatMap((line) =>
        (line.split(/ {2,}/)[0] ?? "").split(", ").map((option) => option.replace(/=.*/, "")),
      );
      for (const name of names.filter((name) => /^[a-z_]+$/.test(name))) {
        assert.match(text, new RegExp(`\\b${name}\\b`), name);
      }
    });
  }

  it("name tests that there are: docs/semantics.md", () => {
    const titles = testTitles();
    const named = Array.from(read("docs/semantics.md").matchAll(/^ *- `([^`]+\.ts)`: "([^"]+)"$/gm));
    assert.ok(named.length > 30, `${named.length} tests are named`);
    for (const [, file, title] of named) assert.ok(titles.has(`${file}: ${title}`), `${file} has no test "${title}"`);
  });

  it("have a test for every promise: docs/semantics.md", () => {
    const [promised = ""] = read("docs/semantics.md").split("## What is not promised");
    const promises = promised.split(/^- (?!`)/m).slice(1);
    assert.ok(promises.length > 20, `${promises.length} promises`);
    for (const promise of promises) assert.match(promise, /^ {2}- `[^`]+`: "/m, promise);
  });

  it("lead to files that there are", () => {
    const docs = readdirSync(join(projectRoot(), "docs"), { recursive: true, encoding: "utf8" });
    for (const page of ["README.md", ...docs.filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`)]) {
      for (const [, target = ""] of read(page).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
        const path = join(projectRoot(), page, "..", target);
        assert.ok(existsSync(path), `${page}: ${target}`);
      }
    }
  });
});
