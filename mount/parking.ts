/**
 * Requests that a worker will answer. Each has a slot in shared memory, claimed by compare-exchange before anyone replies,
 * so that a request gets exactly one reply although an INTERRUPT and the worker's result may come at the same time.
 * The worker alone frees the slot: until it does, the slot's number still names its job.
 */
const FREE = 0;
const PARKED = 1;
const TAKEN = 2;
const CANCELLED = 3;

/** Both sides' view of the slots. */
export class ParkingSlots {
  readonly buffer: SharedArrayBuffer;
  readonly #state: Int32Array;

  constructor(buffer = new SharedArrayBuffer(4 * 4096)) {
    this.buffer = buffer;
    this.#state = new Int32Array(buffer);
  }

  get count(): number {
    return this.#state.length;
  }

  /** Engine: true where the slot was free and now is the request's. */
  park(slot: number): boolean {
    return Atomics.compareExchange(this.#state, slot, FREE, PARKED) === FREE;
  }

  /** Engine: true where the request is still unanswered and is now the engine's to answer. */
  cancel(slot: number): boolean {
    return Atomics.compareExchange(this.#state, slot, PARKED, CANCELLED) === PARKED;
  }

  /** Worker: looked at between chunks. */
  isCancelled(slot: number): boolean {
    return Atomics.load(this.#state, slot) === CANCELLED;
  }

  /** Worker: true where the request is still unanswered and is now the worker's to answer. */
  take(slot: number): boolean {
    return Atomics.compareExchange(this.#state, slot, PARKED, TAKEN) === PARKED;
  }

  /** Worker: done with the job, whoever answered. */
  free(slot: number): void {
    Atomics.store(this.#state, slot, FREE);
  }
}

/** The engine's book of which request is parked where. */
export class Parking {
  readonly slots: ParkingSlots;
  readonly #uniqueAt: (number | undefined)[] = [];
  readonly #slotOf = new Map<number, number>();
  #next = 0;

  constructor(slots: ParkingSlots) {
    this.slots = slots;
  }

  /** The request's slot, or `undefined` where all are taken. */
  park(unique: number): number | undefined {
    for (let tried = 0; tried < this.slots.count; tried++) {
      const slot = this.#next;
      this.#next = (this.#next + 1) % this.slots.count;
      if (!this.slots.park(slot)) continue;
      const previous = this.#uniqueAt[slot];
      if (previous !== undefined) this.#slotOf.delete(previous);
      this.#uniqueAt[slot] = unique;
      this.#slotOf.set(unique, slot);
      return slot;
    }
    return undefined;
  }

  /** True where the request was parked and unanswered: the caller is to answer it. */
  cancel(unique: number): boolean {
    const slot = this.#slotOf.get(unique);
    return slot !== undefined && this.#uniqueAt[slot] === unique && this.slots.cancel(slot);
  }
}
