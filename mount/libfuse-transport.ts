import { describeDefect } from "./errno.ts";
import type { WorkerMessage } from "./job.ts";
import { loadBinding } from "./libfuse/binding.ts";
import { mountLibfuse } from "./libfuse/mount.ts";
import { Operations } from "./libfuse/operations.ts";
import { PendingCalls } from "./libfuse/pending.ts";
import { isWritable } from "./mount-options.ts";
import type { MountSession } from "./mount-session.ts";
import { openSession } from "./open-session.ts";
import { startWorkers } from "./threads.ts";
import type { Service, ServiceRequest } from "./transport.ts";

/**
 * libfuse 2 by way of fuse-native: its callbacks come to the event loop of the main thread, and only there, so the session is
 * here, too. Workers send what they decoded, and this thread answers with it.
 */
export async function serveLibfuse(request: ServiceRequest): Promise<Service> {
  const { source, directory, options, log, unreadable } = request;
  const binding = loadBinding();
  const workers = startWorkers(request, undefined);
  const pending = new PendingCalls();
  const session = await openSession(workers.parts, pending, {
    unreadable,
    requests: () => operations.requests,
    log: (line) => log("info", line),
  });
  for (const port of workers.parts.workers) {
    port.on("message", (message: WorkerMessage) => {
      if ("unique" in message) pending.answer(message);
      else if ("import" in message) session.imported?.(message);
      else session.rendered(message);
      chores.expect();
    });
  }
  let isReady = (): void => undefined;
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  const chores = new Chores(session);
  const operations = new Operations(session, binding, pending, {
    ready: () => isReady(),
    answered: () => chores.expect(),
    // As often as what cannot be read, and in the same way: once of each.
    refused: (reason) => unreadable({ path: reason, problem: reason }),
    defect: (error, operation) => log("error", describeDefect(error, operation)),
  });
  const end = async (): Promise<void> => {
    for (const port of workers.parts.workers) port.close();
    await workers.terminate();
  };
  try {
    const mounted = await mountLibfuse(
      binding,
      operations,
      { source, directory, options: options.kernel },
      isWritable(options),
    );
    const ended = Promise.race([mounted.unmounted, workers.failed]).finally(() => {
      chores.end();
      session.destroy();
      return end();
    });
    return { ready, ended, stop: () => mounted.stopWaiting() };
  } catch (error) {
    await end();
    throw error;
  }
}

/** What the session has to do when nothing has been asked for some time. */
class Chores {
  readonly #session: MountSession;
  #timer: NodeJS.Timeout | undefined;

  constructor(session: MountSession) {
    this.#session = session;
  }

  /** To be called after each request. */
  expect(): void {
    const { due } = this.#session;
    if (due < 0 || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#fire(), due);
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #fire(): void {
    this.#timer = undefined;
    if (this.#session.due === 0) this.#session.idle();
    this.expect();
  }
}
