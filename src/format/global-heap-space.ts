/** Collections whose room is remembered. */
const MAX_REMEMBERED = 16;

/** Room that is too small to be worth remembering. */
const LEAST_ROOM = 64;

/**
 * What is known of a file's global heap while it is open for writing: which collections have room, and which ones were
 * made meanwhile, so that nobody but who inserted an object can refer to it.
 */
export class GlobalHeapSpace {
  readonly #room = new Map<number, number>();
  readonly #own = new Set<number>();
  #hasLost = false;

  /** Nothing is known any more: a transaction was rolled back. */
  clear(): void {
    this.#room.clear();
    this.#own.clear();
  }

  made(collection: number): void {
    this.#own.add(collection);
  }

  /** Nobody leads to an object any more, as far as is known here, and it stays all the same. */
  lost(): void {
    this.#hasLost = true;
  }

  /** There may be collections that nobody leads to: looking through the whole file would find them. */
  get hasLost(): boolean {
    return this.#hasLost;
  }

  get hasOwn(): boolean {
    return this.#own.size > 0;
  }

  isOwn(collection: number): boolean {
    return this.#own.has(collection);
  }

  remember(collection: number, room: number): void {
    this.#room.delete(collection);
    if (room < LEAST_ROOM) return;
    this.#room.set(collection, room);
    for (const [oldest] of this.#room) {
      if (this.#room.size <= MAX_REMEMBERED) break;
      this.#room.delete(oldest);
    }
  }

  forget(collection: number): void {
    this.#room.delete(collection);
    this.#own.delete(collection);
  }

  withRoom(needed: number): number | undefined {
    for (const [collection, room] of this.#room) if (room >= needed) return collection;
    return undefined;
  }
}
