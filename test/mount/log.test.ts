import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openLog } from "../../mount/log.ts";
import { serviceManager } from "../../mount/service-manager.ts";
import { UnreadableLog } from "../../mount/unreadable-log.ts";
import { DatagramSocket } from "../support/datagram-socket.ts";
import { withTempDir } from "../support/temp-dir.ts";

describe("the daemon's messages", () => {
  it("are lines of a file, whatever is in a name", async () => {
    await withTempDir((dir) => {
      openLog(join(dir, "log"))("error", "one\ntwo");
      openLog(join(dir, "log"))("info", "three");
      const lines = readFileSync(join(dir, "log"), "utf8").split("\n");
      assert.match(lines[0] ?? "", /^20\d\d-\d\d-\d\dT[\d:.]+Z h5fs\[\d+\] error: one\\ntwo$/);
      assert.match(lines[1] ?? "", / info: three$/);
      assert.deepEqual(lines.slice(2), [""]);
    });
  });

  it("are datagrams of syslog, and lost where nobody listens", async () => {
    await withTempDir(async (dir) => {
      const socket = new DatagramSocket(join(dir, "socket"));
      const log = openLog(join(dir, "socket"));
      log("warning", "größe");
      assert.equal(await socket.message(/./), `<28>h5fs[${process.pid}]: größe`);
      socket.close();
      log("warning", "nobody hears this");
    });
  });

  it("tell of a dataset once", () => {
    const lines: string[] = [];
    const unreadable = new UnreadableLog((level, line) => lines.push(`${level}: ${line}`));
    unreadable.tell({ path: "/a", problem: "the filter is not known" });
    unreadable.tell({ path: "/a", problem: "the filter is not known" });
    unreadable.tell({ path: "/b", problem: "/b: chunk 0: damaged" });
    assert.deepEqual(lines, ["warning: /a: the filter is not known", "warning: /b: chunk 0: damaged"]);
    for (let i = 0; i < 2000; i++) unreadable.tell({ path: `/c/${i}`, problem: "damaged" });
    assert.equal(lines.length, 1000);
    assert.match(lines.at(-1) ?? "", /; of more such nothing is said$/);
  });
});

describe("the service manager", () => {
  const NAME = `@h5fs-test-${process.pid}`;

  it("is told by the socket that the environment names, and the environment no longer names", async () => {
    const socket = new DatagramSocket(NAME);
    const environment = { NOTIFY_SOCKET: NAME, OTHER: "x" };
    serviceManager(environment, assert.fail)("READY=1");
    assert.equal(await socket.message(/./), "READY=1");
    assert.deepEqual(environment, { OTHER: "x" });
    socket.close();
  });

  it("is not there without that, and may be gone", () => {
    serviceManager({}, assert.fail)("READY=1");
    serviceManager({ NOTIFY_SOCKET: "vsock:2:1234" }, assert.fail)("READY=1");
    const lines: string[] = [];
    serviceManager({ NOTIFY_SOCKET: NAME }, (_, line) => lines.push(line))("READY=1");
    assert.match(lines.join(), /^the service manager cannot be told "READY=1": ECONNREFUSED/);
  });
});
