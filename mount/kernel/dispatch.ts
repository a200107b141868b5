import { getU64, putU64 } from "../../src/storage/little-endian.ts";
import { Errno, errnoOf, NotYet, Preparing, reasonOf } from "../errno.ts";
import { type FileSystem, type OpenReply, PARKED, type Request } from "../filesystem.ts";
import { extendedAttribute, extendedAttributeList, lengthWithin } from "../xattr.ts";
import { ChangeDispatcher, isChange } from "./dispatch-changes.ts";
import { answerInit, type Protocol } from "./init.ts";
import { OPCODE, opcodeName } from "./opcode.ts";
import { DirectoryReply } from "./readdir.ts";
import { refusal } from "./refusals.ts";
import type { Replier } from "./replier.ts";
import { IN_HEADER_SIZE, nulTerminated, OUT_HEADER_SIZE, putEntry, putOpened, putStatistics } from "./structs.ts";

/** What the dispatcher tells the one who runs it. */
export interface DispatchEvents {
  ready(protocol: Protocol): void;
  /** An exception that nobody foresaw: its request got EIO, the file system goes on. */
  defect(error: unknown, request: string): void;
  /** A change was not made, for a reason that its errno does not tell. */
  refused(reason: string): void;
}

/** Where no answer is the answer. */
const SILENT: ReadonlySet<number> = new Set([
  OPCODE.FORGET,
  OPCODE.BATCH_FORGET,
  OPCODE.INTERRUPT,
  OPCODE.NOTIFY_REPLY,
]);

/** Of what is refused there, nobody else tells why. */
const TOLD: ReadonlySet<number> = new Set([
  OPCODE.WRITE,
  OPCODE.SETATTR,
  OPCODE.CREATE,
  OPCODE.MKNOD,
  OPCODE.MKDIR,
  OPCODE.SYMLINK,
  OPCODE.LINK,
  OPCODE.RENAME,
  OPCODE.RENAME2,
]);

/** Those that may be put off: whoever makes them waits for what they have done. As on a disk, they are not interrupted. */
const PATIENT: ReadonlySet<number> = new Set([
  OPCODE.FLUSH,
  OPCODE.FSYNC,
  OPCODE.RELEASE,
  OPCODE.RENAME,
  OPCODE.RENAME2,
]);

/** So often a request is put off: where what was prepared is always out of date, all is done at once. */
const PATIENCE = 3;

/** Milliseconds for which nobody else is answered. */
const SLICE = 4;

/** A request, and what was done for it. */
interface Waiting {
  readonly view: DataView;
  readonly patience: number;
  readonly prepared: unknown;
}

/** A request that is put off for some work. */
interface Prepared extends Pick<Waiting, "view" | "patience"> {
  readonly steps: Iterator<unknown, unknown>;
}

/** Turns requests of the kernel into calls on a file system, and their results into replies. */
export class Dispatcher {
  readonly #fs: FileSystem;
  readonly #replier: Replier;
  readonly #events: DispatchEvents;
  readonly #directoryReply = new DirectoryReply();
  readonly #changes: ChangeDispatcher;
  /** Requests that wait until changes can be made again. */
  readonly #held: Waiting[] = [];
  /** Requests for which work is done. */
  readonly #preparing: Prepared[] = [];
  /** Requests that came before their answer was known, by `unique`. */
  readonly #early = new Map<number, DataView>();
  #isDestroyed = false;
  #requests = 0;

  constructor(fs: FileSystem, replier: Replier, events: DispatchEvents) {
    this.#fs = fs;
    this.#replier = replier;
    this.#events = events;
    this.#changes = new ChangeDispatcher(fs, replier);
  }

  /** How many have come so far. */
  get requests(): number {
    return this.#requests;
  }

  /**
   * Answers one request, `view` being exactly what one read of the device gave. False: the file system is to end.
   * @throws UnsupportedError where the kernel is too old (which it has been told)
   */
  dispatch(view: DataView): boolean {
    this.#requests++;
    if (this.#fs.changes?.areHeld === true && isChange(this.#fs.changes, view)) {
      this.#held.push({ view: copyOf(view), patience: PATIENCE, prepared: undefined });
      return true;
    }
    return this.#answer(view);
  }

  /** There is work to be done for requests. */
  get isPreparing(): boolean {
    return this.#preparing.length > 0;
  }

  /** Does some milliseconds of it: of the first two in turn, for what is found takes memory. */
  prepare(): void {
    const next = this.#preparing.shift();
    if (next === undefined) return;
    const end = performance.now() + SLICE;
    let step = next.steps.next();
    while (step.done !== true && performance.now() < end) step = next.steps.next();
    if (step.done !== true) {
      this.#preparing.splice(1, 0, next);
      return;
    }
    const waiting = { view: next.view, patience: next.patience, prepared: step.value };
    if (this.#fs.changes?.areHeld === true) this.#held.push(waiting);
    else this.#answerLater(waiting);
  }

  /** Answers those that had to wait, as far as that is over. */
  resume(): void {
    for (const [unique, view] of [...this.#early]) {
      this.#early.delete(unique);
      this.#answer(view);
    }
    while (this.#held.length > 0 && this.#fs.changes?.areHeld === false) {
      const waiting = this.#held.shift();
      if (waiting !== undefined) this.#answerLater(waiting);
    }
  }

  #answerLater({ view, patience, prepared }: Waiting): void {
    this.#answer(view, patience, prepared);
  }

  #answer(view: DataView, patience = PATIENCE, prepared?: unknown): boolean {
    const opcode = view.getUint32(4, true);
    const nodeid = getU64(view, 16);
    const unique = getU64(view, 8);
    const isPaging = opcode === OPCODE.READ || opcode === OPCODE.WRITE;
    this.#replier.current = isPaging ? undefined : { unique, changing: opcode === OPCODE.SETATTR ? nodeid : undefined };
    const [uid, gid, pid] = [view.getUint32(24, true), view.getUint32(28, true), view.getUint32(32, true)];
    const request: Request = PATIENT.has(opcode)
      ? { unique, uid, gid, pid, patience, prepared }
      : { unique, uid, gid, pid };
    try {
      if (opcode !== OPCODE.WRITE) this.#fs.changes?.settle();
      return this.#handle(opcode, request, nodeid, view);
    } catch (error) {
      if (error instanceof Preparing) {
        this.#preparing.push({ view: copyOf(view), patience: patience - 1, steps: error.steps });
        return true;
      }
      if (error instanceof NotYet) {
        this.#early.set(unique, copyOf(view));
        return true;
      }
      if (opcode === OPCODE.INIT) {
        // An answer there must be, or the unmounting waits for it.
        this.#replier.errno(request.unique, Errno.EPROTO);
        throw error;
      }
      const errno = errnoOf(error);
      if (errno === undefined) this.#events.defect(error, opcodeName(opcode));
      else if (TOLD.has(opcode)) this.#tell(reasonOf(error));
      if (!SILENT.has(opcode)) this.#replier.errno(request.unique, errno ?? Errno.EIO);
      return true;
    }
  }

  #interrupt(unique: number): void {
    if (this.#early.delete(unique)) this.#replier.errno(unique, Errno.EINTR);
    else this.#fs.interrupt(unique);
  }

  #tell(reason: string | undefined): void {
    if (reason !== undefined) this.#events.refused(reason);
  }

  /** To be called when there are no more requests: most mounts end without a DESTROY. */
  end(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    // Whoever waits is told what has become of it: all of it is done now.
    for (const { view } of [...this.#held.splice(0), ...this.#preparing.splice(0)]) this.#answer(view, 0);
    this.#fs.destroy();
  }

  #handle(opcode: number, request: Request, nodeid: number, view: DataView): boolean {
    const fs = this.#fs;
    const { unique } = request;
    const body = IN_HEADER_SIZE;
    switch (opcode) {
      case OPCODE.READ:
        this.#read(request, nodeid, view);
        break;
      case OPCODE.GETATTR: {
        const FUSE_GETATTR_FH = 1;
        const handle = (view.getUint32(body, true) & FUSE_GETATTR_FH) !== 0 ? getU64(view, body + 8) : undefined;
        const reply = fs.getattr(request, nodeid, handle);
        if (reply !== PARKED) this.#replier.attributes(unique, reply);
        break;
      }
      case OPCODE.STATX: {
        const reply = fs.getattr(request, nodeid, undefined);
        this.#replier.expectStatx(unique);
        if (reply !== PARKED) this.#replier.attributes(unique, reply);
        break;
      }
      case OPCODE.LOOKUP:
        this.#lookup(request, nodeid, nulTerminated(view, body));
        break;
      case OPCODE.FORGET:
        fs.forget(nodeid, getU64(view, body));
        break;
      case OPCODE.BATCH_FORGET:
        for (let i = 0, at = body + 8; i < view.getUint32(body, true); i++, at += 16) {
          fs.forget(getU64(view, at), getU64(view, at + 8));
        }
        break;
      case OPCODE.READLINK:
        this.#replier.data(unique, [fs.readlink(request, nodeid)]);
        break;
      case OPCODE.ACCESS:
        fs.access(request, nodeid, view.getUint32(body, true));
        this.#replier.errno(unique, 0);
        break;
      case OPCODE.OPEN:
        this.#open(request, nodeid, view.getUint32(body, true));
        break;
      case OPCODE.OPENDIR:
        this.#opendir(request, nodeid, view.getUint32(body, true));
        break;
      case OPCODE.RELEASE:
        fs.release(request, nodeid, getU64(view, body));
        this.#replier.errno(unique, 0);
        break;
      case OPCODE.RELEASEDIR:
        fs.releasedir(request, nodeid, getU64(view, body));
        this.#replier.errno(unique, 0);
        break;
      case OPCODE.FLUSH:
        fs.flush(request, nodeid, getU64(view, body));
        this.#replier.errno(unique, 0);
        break;
      case OPCODE.FSYNC:
        if (fs.fsync(request, nodeid, getU64(view, body), isDataOnly(view)) === PARKED) this.#replier.keepOrder(unique);
        else this.#replier.errno(unique, 0);
        break;
      case OPCODE.FSYNCDIR:
        if (fs.fsyncdir(request, nodeid, getU64(view, body), isDataOnly(view)) !== PARKED) {
          this.#replier.errno(unique, 0);
        }
        break;
      case OPCODE.READDIR:
      case OPCODE.READDIRPLUS:
        this.#readdir(request, nodeid, view, opcode === OPCODE.READDIRPLUS);
        break;
      case OPCODE.GETXATTR:
        this.#xattr(unique, view.getUint32(body, true), [
          extendedAttribute(fs, request, nodeid, nulTerminated(view, body + 8)),
        ]);
        break;
      case OPCODE.LISTXATTR:
        this.#xattr(unique, view.getUint32(body, true), extendedAttributeList(fs, request, nodeid));
        break;
      case OPCODE.STATFS:
        this.#send(unique, putStatistics(this.#replier.view, OUT_HEADER_SIZE, fs.statfs(request, nodeid)));
        break;
      case OPCODE.LSEEK: {
        const found = fs.lseek(
          request,
          nodeid,
          getU64(view, body),
          getU64(view, body + 8),
          view.getUint32(body + 16, true),
        );
        putU64(this.#replier.view, OUT_HEADER_SIZE, found);
        this.#send(unique, OUT_HEADER_SIZE + 8);
        break;
      }
      case OPCODE.INTERRUPT:
        this.#interrupt(getU64(view, body));
        break;
      case OPCODE.INIT:
        return this.#init(unique, view);
      case OPCODE.DESTROY:
        this.end();
        this.#replier.errno(unique, 0);
        return false;
      case OPCODE.NOTIFY_REPLY:
        break;
      default:
        if (fs.changes !== undefined && this.#changes.handle(fs.changes, opcode, request, nodeid, view)) break;
        this.#replier.errno(unique, refusal(opcode));
    }
    return true;
  }

  #send(unique: number, end: number): boolean {
    return this.#replier.send(unique, end);
  }

  #init(unique: number, view: DataView): boolean {
    const reply = answerInit(view, IN_HEADER_SIZE, this.#replier.view, OUT_HEADER_SIZE);
    this.#send(unique, reply.end);
    if (reply.protocol !== undefined) this.#events.ready(reply.protocol);
    return true;
  }

  #read(request: Request, nodeid: number, view: DataView): void {
    const at = IN_HEADER_SIZE;
    const offset = getU64(view, at + 8);
    const size = view.getUint32(at + 16, true);
    const length = this.#fs.read(request, nodeid, getU64(view, at), offset, this.#replier.room(size));
    if (length !== PARKED) this.#replier.sendRoom(request.unique, length);
  }

  #lookup(request: Request, parent: number, name: Uint8Array): void {
    const entry = this.#fs.lookup(request, parent, name);
    const sent = this.#send(request.unique, putEntry(this.#replier.view, OUT_HEADER_SIZE, entry));
    if (!sent && entry.nodeid !== 0) this.#fs.forget(entry.nodeid, 1);
  }

  #open(request: Request, nodeid: number, flags: number): void {
    const reply = this.#fs.open(request, nodeid, flags);
    if (reply === PARKED || this.#sendOpened(request.unique, reply)) return;
    // The kernel does not know the handle, and never will release it.
    this.#fs.release(request, nodeid, reply.handle);
  }

  #opendir(request: Request, nodeid: number, flags: number): void {
    const reply = this.#fs.opendir(request, nodeid, flags);
    if (!this.#sendOpened(request.unique, reply)) this.#fs.releasedir(request, nodeid, reply.handle);
  }

  #sendOpened(unique: number, reply: OpenReply): boolean {
    return this.#send(unique, putOpened(this.#replier.view, OUT_HEADER_SIZE, reply));
  }

  #readdir(request: Request, nodeid: number, view: DataView, plus: boolean): void {
    const at = IN_HEADER_SIZE;
    const entries = this.#fs.readdir(request, nodeid, getU64(view, at), getU64(view, at + 8));
    const reply = this.#directoryReply;
    let isDelivered = false;
    try {
      reply.fill(entries, view.getUint32(at + 16, true), plus);
      isDelivered = this.#replier.data(request.unique, [reply.bytes]);
    } finally {
      if (!isDelivered) for (const nodeid of reply.lookedUp) this.#fs.forget(nodeid, 1);
    }
  }

  #xattr(unique: number, size: number, parts: readonly Uint8Array[]): void {
    const length = lengthWithin(parts, size);
    if (size === 0) {
      const { view } = this.#replier;
      view.setUint32(OUT_HEADER_SIZE, length, true);
      view.setUint32(OUT_HEADER_SIZE + 4, 0, true);
      this.#send(unique, OUT_HEADER_SIZE + 8);
      return;
    }
    this.#replier.data(unique, parts);
  }
}

/** What was read from the device is overwritten by the next request. */
function copyOf(view: DataView): DataView {
  return new DataView(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

function isDataOnly(view: DataView): boolean {
  const FUSE_FSYNC_FDATASYNC = 1;
  return (view.getUint32(IN_HEADER_SIZE + 8, true) & FUSE_FSYNC_FDATASYNC) !== 0;
}
