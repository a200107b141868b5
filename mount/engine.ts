import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { describeDefect } from "./errno.ts";
import type { ImportDone, Rendered } from "./job.ts";
import { Dispatcher } from "./kernel/dispatch.ts";
import { Outbox, type OutboxSetup } from "./kernel/outbox.ts";
import { Replier } from "./kernel/replier.ts";
import { type KernelDescriptors, serve } from "./kernel/serve.ts";
import { openSession, type SessionParts } from "./open-session.ts";
import type { Unreadable } from "./transport.ts";

/** What the main thread gives the engine thread. */
export interface EngineSetup extends SessionParts {
  /** `wakeup` is readable when a worker has sent a message, or the main thread wants the engine to end. */
  readonly kernel: KernelDescriptors;
  /** Of a mount that is written. */
  readonly outbox: OutboxSetup | undefined;
}

/** What the engine thread tells the main thread. */
export type EngineMessage =
  /** The kernel's INIT is answered: the mount works. */
  | { readonly kind: "ready"; readonly protocol: string }
  | { readonly kind: "defect"; readonly message: string }
  | { readonly kind: "notice"; readonly message: string }
  | ({ readonly kind: "unreadable" } & Unreadable);

const setup: EngineSetup = workerData;

function tell(message: EngineMessage): void {
  parentPort?.postMessage(message);
}

const outbox = setup.outbox === undefined ? undefined : new Outbox(setup.outbox);
const replier = new Replier(setup.kernel.device, outbox);
const session = await openSession(setup, replier, {
  unreadable: (message) => tell({ kind: "unreadable", ...message }),
  requests: () => dispatcher.requests,
  log: (message) => tell({ kind: "notice", message }),
  cache: outbox,
});
const dispatcher = new Dispatcher(session, replier, {
  ready: ({ major, minor }) => tell({ kind: "ready", protocol: `${major}.${minor}` }),
  // As often as what cannot be read, and in the same way: once of each.
  refused: (reason) => tell({ kind: "unreadable", path: reason, problem: reason }),
  defect: (error, request) => tell({ kind: "defect", message: describeDefect(error, request) }),
});

/** This thread never returns to its event loop, so messages are fetched. False: the main thread wants it to end. */
function fetchMessages(): boolean {
  for (const port of setup.workers) {
    for (let received = receiveMessageOnPort(port); received !== undefined; received = receiveMessageOnPort(port)) {
      const result: Rendered | ImportDone = received.message;
      if ("import" in result) session.imported?.(result);
      else session.rendered(result);
    }
  }
  session.proceed();
  outbox?.send();
  return parentPort === null || receiveMessageOnPort(parentPort) === undefined;
}

serve(setup.kernel, dispatcher, {
  onWake: fetchMessages,
  session: {
    get due() {
      return session.due;
    },
    idle: () => {
      session.idle();
      outbox?.send();
    },
  },
});
for (const port of setup.workers) port.close();
outbox?.close();
