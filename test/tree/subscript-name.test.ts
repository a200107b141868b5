import assert from "node:assert/strict";
import { parseSubscript, subscriptedNames } from "../../src/tree/subscript-name.ts";

describe("subscripts in names", () => {
  it("are what NumPy has between brackets", () => {
    const cases: [string, unknown][] = [
      ["5", [{ kind: "index", index: 5 }]],
      [
        "-1, +2",
        [
          { kind: "index", index: -1 },
          { kind: "index", index: 2 },
        ],
      ],
      ["0:100", [{ kind: "slice", start: 0, stop: 100, step: 1 }]],
      [":", [{ kind: "slice", step: 1 }]],
      ["::2,", [{ kind: "slice", step: 2 }]],
      ["-5: : 3", [{ kind: "slice", start: -5, step: 3 }]],
      ["...,0", [{ kind: "ellipsis" }, { kind: "index", index: 0 }]],
      [
        "[1,-5, 9],:",
        [
          { kind: "list", indexes: [1, -5, 9] },
          { kind: "slice", step: 1 },
        ],
      ],
      ["[]", [{ kind: "list", indexes: [] }]],
      ["id", [{ kind: "member", name: "id" }]],
      [
        "0:2,id,first name",
        [
          { kind: "slice", start: 0, stop: 2, step: 1 },
          { kind: "member", name: "id" },
          { kind: "member", name: "first name" },
        ],
      ],
      ["[id,parents.mom_id]", [{ kind: "members", names: ["id", "parents.mom_id"] }]],
      [
        "'a,b[0]','7'",
        [
          { kind: "member", name: "a,b[0]" },
          { kind: "member", name: "7" },
        ],
      ],
      ['"it\'s"', [{ kind: "member", name: "it's" }]],
      ["a%2Fb", [{ kind: "member", name: "a/b" }]],
      ["größe", [{ kind: "member", name: "größe" }]],
    ];
    for (const [text, expected] of cases) assert.deepEqual(parseSubscript(text), expected, text);
  });

  it("are nothing else: conditions and negative steps have their place kept", () => {
    const texts = [
      "",
      " ",
      ",",
      "1,,2",
      "::0",
      "::-1",
      "1:2:3:4",
      "1.5",
      "id < 28",
      "(a)",
      "a==b",
      "~a",
      "a & b",
      "[[1]]",
    ];
    const others = ["[1,id]", "'", "'a", "''", "x[0", "x]", "1:b", "]["];
    // A number with a point is a name, as far as can be told without the dataset.
    for (const text of [...texts, ...others].filter((t) => t !== "1.5"))
      assert.equal(parseSubscript(text), undefined, text);
  });

  it("begin at the last bracket or at sign that can be one, then at those before", () => {
    const read = (text: string): string[] =>
      Array.from(subscriptedNames(text), ({ bare, subscripts }) => `${bare} ${subscripts.length}`);
    assert.deepEqual(read("x[0:3]"), ["x 1"]);
    assert.deepEqual(read("x[0][1][2]"), ["x[0][1] 1", "x[0] 2", "x 3"]);
    assert.deepEqual(read("x@0:3,::2"), ["x 1"]);
    assert.deepEqual(read("x@0@id"), ["x@0 1", "x 2"]);
    assert.deepEqual(read("x[[1,2],'a]b']"), ["x 1"]);
    assert.deepEqual(read("x[a < 3]"), []);
    assert.deepEqual(read("[0]"), []);
    assert.deepEqual(read("x[0]y"), []);
    assert.deepEqual(read("x"), []);
  });
});
