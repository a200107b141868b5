import type { EngineMessage } from "./engine.ts";
import { mountKernel } from "./kernel/mount.ts";
import { createEventFd, wakeEventFd } from "./native.ts";
import { startEngine, startWorkers } from "./threads.ts";
import type { Service, ServiceRequest } from "./transport.ts";

/** The kernel's own protocol: an engine thread reads /dev/fuse; it and the workers write replies to it. */
export async function serveKernel({ storage, source, directory, options, log }: ServiceRequest): Promise<Service> {
  const device = await mountKernel({ source, directory, options: ["ro", ...options.kernel] });
  const kernel = { device, wakeup: createEventFd() };
  const workers = startWorkers(storage, options, kernel);
  const engine = startEngine(workers.parts, kernel);
  const engineEnded = new Promise<void>((resolve, reject) => {
    engine.on("error", reject);
    engine.on("exit", () => resolve());
  });
  const ready = new Promise<void>((resolve) => {
    engine.on("message", (message: EngineMessage) => {
      if (message.kind === "ready") resolve();
      else log(message.message);
    });
  });
  return {
    ready,
    ended: engineEnded.finally(() => workers.terminate()),
    stop: () => {
      engine.postMessage("stop");
      wakeEventFd(kernel.wakeup);
    },
  };
}
