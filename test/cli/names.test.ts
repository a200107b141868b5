import assert from "node:assert/strict";
import { H5FS } from "../support/mount.ts";
import { sampleFile } from "../support/project.ts";
import { output } from "../support/run.ts";

describe("commands without a mount take the mount's names", () => {
  const part = `${sampleFile()}:/.h5fs/station/observations[0:2][time,rain].csv`;
  const h5fs = (...args: string[]): Promise<string> => output(process.execPath, [H5FS, ...args]);

  it("cat prints a part", async () => {
    assert.equal(await h5fs("cat", part), "time,rain\n1717200000,true\n1717201800,false\n");
  });

  it("ls names the part as it was asked for", async () => {
    assert.equal(await h5fs("ls", part), "observations[0:2][time,rain].csv\n");
    assert.match(await h5fs("ls", "-l", part), /^ +- {2}\(2,\) .*\(\{time: int64, rain: bool\}\)\n$/);
  });

  it("stat tells its size", async () => {
    const told = await h5fs("stat", part);
    assert.match(told, /^Shape of part: +\(2,\)\nType of part: +\{time: int64, rain: bool\}\nSize: +43 bytes$/m);
    assert.match(told, /^Shape: +\(1440,\)$/m);
  });

  it("attrs and tree take it for its dataset", async () => {
    assert.match(await h5fs("attrs", part), /^CLASS = TABLE$/m);
    assert.match(await h5fs("tree", part), / {2}\{time: int64, .*\(1440,\)\n$/);
  });
});
