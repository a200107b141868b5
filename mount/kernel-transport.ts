import type { EngineMessage } from "./engine.ts";
import { factsOf } from "./file-facts.ts";
import { mountKernel } from "./kernel/mount.ts";
import { isWritable } from "./mount-options.ts";
import { createEventFd, wakeEventFd } from "./native.ts";
import type { FileFacts } from "./node-attributes.ts";
import { startEngine, startNotifier, startWorkers } from "./threads.ts";
import type { Service, ServiceRequest } from "./transport.ts";

/** The kernel's own protocol: an engine thread reads /dev/fuse; it and the workers write replies to it. */
export async function serveKernel(request: ServiceRequest): Promise<Service> {
  const { storage, source, directory, options, log, unreadable, signal } = request;
  const checks = isWritable(options)
    ? ["default_permissions"]
    : ["ro", ...permissionChecks(factsOf(storage.fd, options.ownership, false, options.posix), options.kernel)];
  const device = await mountKernel({ source, directory, options: [...checks, ...options.kernel], signal });
  const kernel = { device, wakeup: createEventFd() };
  const workers = startWorkers(request, kernel);
  const notifier = isWritable(options) ? startNotifier(kernel) : undefined;
  const engine = startEngine(workers.parts, kernel, notifier?.outbox);
  const engineEnded = new Promise<void>((resolve, reject) => {
    engine.on("error", reject);
    engine.on("exit", () => resolve());
  });
  const ready = new Promise<void>((resolve) => {
    engine.on("message", (message: EngineMessage) => {
      if (message.kind === "ready") resolve();
      else if (message.kind === "unreadable") unreadable(message);
      else log(message.kind === "defect" ? "error" : "info", message.message);
    });
  });
  return {
    ready,
    ended: Promise.race([engineEnded, workers.failed, ...(notifier === undefined ? [] : [notifier.failed])]).finally(
      () => workers.terminate(),
    ),
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
function permissionChecks({ fileMode, directoryMode }: FileFacts, options: readonly string[]): string[] {
  const isForAll = (fileMode & 0o4) === 0o4 && (directoryMode & 0o5) === 0o5;
  return options.includes("allow_other") && !isForAll ? ["default_permissions"] : [];
}
