import { fstatSync } from "node:fs";
import type { LocalFile } from "../src/storage/local-file.ts";
import type { EngineMessage } from "./engine.ts";
import { mountKernel } from "./kernel/mount.ts";
import { createEventFd, wakeEventFd } from "./native.ts";
import { startEngine, startWorkers } from "./threads.ts";
import type { Service, ServiceRequest } from "./transport.ts";

/** The kernel's own protocol: an engine thread reads /dev/fuse; it and the workers write replies to it. */
export async function serveKernel({ storage, source, directory, options, log }: ServiceRequest): Promise<Service> {
  const checks = permissionChecks(storage, options.kernel);
  const device = await mountKernel({ source, directory, options: ["ro", ...checks, ...options.kernel] });
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

/**
 * Where all who are let in may read all, the kernel need not check permissions: without `allow_other` that is whoever
 * mounted the file and so can read it. With its checks an open(2) asks for the attributes first, and a text whose size is
 * not known yet could not be opened before it is.
 */
function permissionChecks(storage: LocalFile, options: readonly string[]): string[] {
  const S_IROTH = 0o4;
  const isForAll = (fstatSync(storage.fd).mode & S_IROTH) !== 0;
  return options.includes("allow_other") && !isForAll ? ["default_permissions"] : [];
}
