import { sendDatagram } from "./datagram.ts";
import type { Log } from "./log.ts";
import { SystemCallError } from "./native.ts";

/** Tells systemd (`Type=notify`, sd_notify(3)) how the service is; nobody, where it was not started by such a one. */
export type Notify = (state: string) => void;

/** @param environment is rid of NOTIFY_SOCKET, which is not meant for the programs that we start */
export function serviceManager(environment: NodeJS.ProcessEnv, log: Log): Notify {
  const { NOTIFY_SOCKET } = environment;
  delete environment.NOTIFY_SOCKET;
  // "vsock:" and the like are of virtual machines.
  if (NOTIFY_SOCKET === undefined || !/^[/@]/.test(NOTIFY_SOCKET)) return () => undefined;
  return (state) => {
    try {
      sendDatagram(NOTIFY_SOCKET, state);
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      log("warning", `the service manager cannot be told ${JSON.stringify(state)}: ${error.message}`);
    }
  };
}
