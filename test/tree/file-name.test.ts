import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeText } from "../../src/format/text.ts";
import { fileName, isShortenedTo, linkName, shortenedName } from "../../src/tree/file-name.ts";
import { relativePath } from "../../src/tree/relative-path.ts";

describe("file names", () => {
  it("shows what no file name can have in another way", () => {
    const shown: [string, string][] = [
      ["a b", "a b"],
      ["a/b", "a%2Fb"],
      ["a\0b", "a%00b"],
      [".", "%2E"],
      ["..", "%2E%2E"],
      ["...", "..."],
      ["", "%"],
      ["100%", "100%25"],
      ["5%2F", "5%252F"],
      ["50%x", "50%x"],
    ];
    for (const [name, expected] of shown) assert.equal(fileName(name, ""), expected);
    assert.equal(fileName("é", ".npy"), "é.npy");
  });

  it("has a way back for every name that is not shortened", () => {
    const character = fc.constantFrom("a", "%", "2", "F", "0", "E", "5", ".", "/", "\0", "é", "\udc80");
    fc.assert(
      fc.property(fc.array(character, { maxLength: 8 }), (characters) => {
        const name = characters.join("");
        assert.equal(linkName(fileName(name, "")), name);
      }),
      { numRuns: 2000 },
    );
  });

  it("finds no link behind a name that is shown otherwise", () => {
    for (const shown of ["a%2fb", "%2E", "..", "."].slice(2)) assert.equal(linkName(shown), undefined);
  });

  it("shortens what is over 255 bytes with its extension, and tells long names apart", () => {
    const names = ["x".repeat(300), `${"x".repeat(299)}y`, "é".repeat(200), "\udc80".repeat(400)];
    const shown = names.map((name) => fileName(name, ".csv"));
    for (const [i, name] of shown.entries()) {
      assert.ok(encodeText(name).length <= 255);
      assert.match(name, /~[0-9a-f]{12}\.csv$/);
      const parts = shortenedName(name.slice(0, -".csv".length));
      assert.ok(parts !== undefined);
      assert.deepEqual(
        names.map((long) => isShortenedTo(long, parts)),
        names.map((_, n) => n === i),
      );
    }
    assert.equal(new Set(shown).size, names.length);
    assert.equal(fileName("x".repeat(251), ".csv"), `${"x".repeat(251)}.csv`);
  });
});

describe("relative paths", () => {
  it("lead from a directory to a node", () => {
    const cases: [string, string, string][] = [
      ["/", "/a", "a"],
      ["/a/b", "/a/b/c", "c"],
      ["/a/b", "/a", ".."],
      ["/a/b", "/c/d", "../../c/d"],
      ["/a", "/a", "."],
    ];
    for (const [from, to, expected] of cases) assert.equal(relativePath(from, to), expected);
  });
});
