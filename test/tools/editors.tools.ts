import assert from "node:assert/strict";
import type { Context } from "mocha";
import { hasCommand } from "../support/run.ts";
import { Beside, need, pythonOf, shell } from "./beside.ts";

/** Each is run in a folder of its own, once in the mount and once beside it. */
const PROGRAMS: readonly (readonly [name: string, commands: readonly string[], text: string])[] = [
  [
    "shell",
    [],
    "echo a,b >x.csv; echo 1,2 >>x.csv; echo 3,4 >>x.csv; cat x.csv x.csv >y.csv; : >empty; printf '\\0\\1' >bytes",
  ],
  ["sed -i", ["sed"], "printf 'a,b\\n1,2\\n' >x.csv; sed -i s/2/20/ x.csv; sed -i.bak s/1/10/ x.csv"],
  ["perl -i", ["perl"], "seq 50 >x.txt; perl -i -pe 's/4/four/' x.txt"],
  ["ed", ["ed"], "seq 5 >x.txt; printf '2d\\n$a\\nmore\\n.\\nw\\nq\\n' | ed -s x.txt"],
  [
    "vim",
    ["vim"],
    "printf 'a,b\\n1,2\\n' >x.csv; vim -u NONE -es -c 'set backup' -c '%s/2/two/' -c 'wq' x.csv; vim -u NONE -es -c 'set nobackup writebackup' -c 'normal ggOhead' -c 'wq' x.csv",
  ],
  [
    "tee, sort -o, split, truncate, dd",
    [],
    "seq 100 | tee x >/dev/null; sort -n -r -o x x; split -l 30 x part.; truncate -s 1000 x; dd if=part.aa of=x bs=7 seek=3 conv=notrunc status=none; truncate -s 50 part.ab",
  ],
  [
    "install, ln, mv, rm",
    [],
    "echo a >a; install -m 640 a b; ln a c; ln -s a d; mv -f c e; cp -p b f; rm -f a; mkdir -p p/q/r; mv e p/q; rmdir p/q/r",
  ],
  [
    "patch, diff",
    ["patch"],
    "seq 9 >a; seq 9 | sed 's/5/five/' >b; diff -u --label a --label b a b >p || :; cp a c; patch -s c p; cmp b c",
  ],
  ["gzip, zip", ["gzip"], "seq 2000 >x.txt; gzip -kn x.txt; gzip -dc x.txt.gz | cmp - x.txt"],
  ["cc", ["gcc"], "printf 'int main(void){return 7;}\\n' >x.c; gcc -o x x.c; s=0; ./x || s=$?; test $s = 7; rm x"],
  [
    "fallocate, cp --sparse",
    ["fallocate"],
    "fallocate -l 100000 x; printf end >>x; cp --sparse=always x y; fallocate -p -o 0 -l 4096 y",
  ],
  [
    "find, xargs, chmod",
    [],
    "mkdir a b; touch a/{1..20}; find a -name '*3' -exec mv {} b ';'; chmod -R go-w .; find a -delete",
  ],
];

describe("editors and everyday commands in a mount that is written", () => {
  let beside: Beside | undefined;

  afterEach(() => {
    beside?.remove();
    beside = undefined;
  });

  for (const libver of ["earliest", "v110"]) {
    it(`leave the same as in a plain folder (${libver})`, async function () {
      const programs: (readonly [string, string])[] = [];
      for (const [name, commands, text] of PROGRAMS) {
        const missing: string[] = [];
        for (const command of commands) if (!(await hasCommand(command))) missing.push(command);
        if (missing.length === 0) programs.push([name, text]);
        else console.log(`NOT RUN: ${name}: ${missing.join(", ")} is not installed`);
      }
      await open(this, libver).compare(async (at) => {
        for (const [name, text] of programs) {
          await shell(at, `mkdir '${name}'; cd '${name}'; ${text}`).catch((cause: unknown) => {
            throw new Error(`${name} in ${at}`, { cause });
          });
        }
      });
    });
  }

  it("Python: write_text, replace, mmap, tempfile, zipfile, pickle", async function () {
    const python = pythonOf(this);
    await open(this, "v110").compare(async (at) => {
      await shell(at, `"$PYTHON" -c '${PYTHON}'`, { PYTHON: python });
    });
  });

  it("SQLite, with a rollback journal and with WAL", async function () {
    await need(this, "sqlite3");
    const table = "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, x REAL);";
    const rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)";
    await open(this, "v110").compare(async (at) => {
      for (const mode of ["DELETE", "TRUNCATE", "PERSIST", "WAL"]) {
        const answer = await shell(
          at,
          `sql() { sqlite3 x.db "PRAGMA journal_mode=${mode}; $*"; }
          sql "${table}" >/dev/null
          for i in 1 2 3; do
            sql "${rows} INSERT INTO t(name, x) SELECT 'row ' || i, i / 4.0 FROM n;"
            sql "BEGIN; DELETE FROM t WHERE id % 7 = 0; ROLLBACK;"
            sql "UPDATE t SET x = x + 1 WHERE id % 3 = 0; DELETE FROM t WHERE id % 11 = 0;"
          done >/dev/null
          sql "VACUUM; PRAGMA integrity_check; SELECT count(*), sum(x) FROM t;"
          sqlite3 x.db .dump >${mode}.sql
          rm -f x.db x.db-*`,
        );
        assert.equal(answer, `${mode.toLowerCase()}\nok\n1364|86352.5\n`);
      }
    });
  });

  function open(context: Context, libver: string): Beside {
    beside = new Beside(context, libver);
    return beside;
  }
});

const PYTHON = `
import mmap, os, pathlib, pickle, shutil, tempfile, zipfile
here = pathlib.Path(".")
(here / "a.txt").write_text("text of a\\n" * 100)
(here / "b.bin").write_bytes(bytes(range(256)) * 300)
(here / "new.txt").write_text("new\\n")
os.replace("new.txt", "a.txt")
with open("b.bin", "r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
    memory[70000:70004] = b"wxyz"
    memory[1:3] = b"ab"
    memory.flush()
with open("b.bin", "ab") as file:
    file.write(b"end")
with tempfile.NamedTemporaryFile(dir=".", delete=False) as file:
    file.write(b"x" * 5000)
os.rename(file.name, "c.dat")
with zipfile.ZipFile("d.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr(zipfile.ZipInfo("one.txt"), "one" * 100)
with open("e.pickle", "wb") as file:
    pickle.dump({"a": [1, 2, 3]}, file)
shutil.copytree(".", "copy", ignore=shutil.ignore_patterns("copy"))
os.makedirs("p/q/r")
shutil.rmtree("p/q")
with open("f", "wb") as file:
    file.seek(300000)
    file.write(b"far")
    file.seek(10)
    file.write(b"near")
`;
