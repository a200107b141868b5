import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { untilUnmounted } from "../../../mount/libfuse/device.ts";
import { createEventFd, socketPair, wakeEventFd } from "../../../mount/native.ts";

describe("waiting for the end of a mount over libfuse", () => {
  it("is not held up by another file under the descriptor's number, which libfuse has closed", async () => {
    const [device, kernel] = socketPair();
    const wakeup = createEventFd();
    const unmounted = untilUnmounted(device, wakeup);
    // It waits in a thread of its own by now.
    await sleep(50);
    closeSync(device);
    const taken: number[] = [];
    while (!taken.includes(device)) taken.push(openSync("/dev/null", "r"));
    try {
      closeSync(kernel);
      const outcome = await Promise.race([unmounted.then(() => "ended"), sleep(5000, "still waits", { ref: false })]);
      assert.equal(outcome, "ended");
    } finally {
      wakeEventFd(wakeup);
      await unmounted;
      for (const fd of [...taken, wakeup]) closeSync(fd);
    }
  });
});
