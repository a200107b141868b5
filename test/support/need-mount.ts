import type { Context } from "mocha";
import { TRANSPORT, type TransportName, whyNoMount } from "./mount.ts";
import { notRun } from "./not-run.ts";

/** Ends a test or a hook where a FUSE file system cannot be mounted, saying why. */
export function needMount(context: Context, transport: TransportName = TRANSPORT): void {
  const why = whyNoMount(transport);
  if (why !== undefined) notRun(context, why);
}
