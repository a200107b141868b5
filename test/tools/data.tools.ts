import assert from "node:assert/strict";
import { join } from "node:path";
import { H5FS, withMount } from "../support/mount.ts";
import { needMount } from "../support/need-mount.ts";
import { hasCommand, output } from "../support/run.ts";
import { withTempDir } from "../support/temp-dir.ts";
import { Beside, pythonOf, script, shell } from "./beside.ts";

describe("programs of scientists in a mount that is written", () => {
  it("pandas, NumPy, DuckDB, R, h5py and PyTables write what a plain folder has, too", async function () {
    const python = pythonOf(this);
    const hasR = await hasCommand("Rscript");
    if (!hasR) console.log("NOT RUN: write.csv of R: Rscript is not installed");
    const beside = new Beside(this, "v110");
    try {
      await beside.compare(async (at) => {
        await output(python, [script("write_data.py"), at], { timeout: 100_000 });
        if (hasR) {
          await shell(
            at,
            `Rscript --vanilla -e 'd <- data.frame(x=c(1.5,NA,3), n=1:3, s=c("a","b,c","d")); write.csv(d, "r.csv", row.names=FALSE); write.table(d, "r.txt"); write.csv(d, "r-names.csv")'`,
          );
        }
      });
    } finally {
      beside.remove();
    }
  });

  it("edit datasets that h5py made, and h5py reads what they wrote", async function () {
    needMount(this, "kernel");
    const python = pythonOf(this);
    await withTempDir(async (directory) => {
      const file = join(directory, "file.h5");
      await output(python, [script("edit_data.py"), "make", file]);
      await withMount(file, { transport: "kernel", options: ["mode=r+"] }, async ({ dir, log }) => {
        await output(python, [script("edit_data.py"), "edit", dir]);
        await shell(
          dir,
          `sed -i 's/^2,/20,/' sed.csv
          echo 7,7.5,seven >>append.csv
          ${(await hasCommand("vim")) ? "vim -u NONE -es -c '%s/^3,/30,/' -c wq vim.csv" : "sed -i 's/^3,/30,/' vim.csv"}
          cp -a copied copy
          cp -a indexed again
          setfattr -n user.note -v 'seen by setfattr' sed.csv
          mv moved.csv moved-too.csv
          rm gone.npy`,
        );
        assert.equal(log().includes("defect"), false, log());
      });
      assert.match(await output(process.execPath, [H5FS, "check", file]), /no damage found/);
      await output(python, [script("edit_data.py"), "check", file]);
    });
  });
});
