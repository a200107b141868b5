/** So many objects are told apart; then all that is known of any counts as changed. */
const MOST = 2 ** 16;

/** Which objects of a file have changed since somebody looked: of each, the number of the last transaction that changed it. */
export class ObjectStates {
  readonly #changed = new Map<number, number>();
  #transactions = 0;
  /** Of those that are not in the map. */
  #others = 0;

  /** The object's header is at `address`. */
  of(address: number): number {
    return this.#changed.get(address) ?? this.#others;
  }

  /** A transaction has ended, whether it was published or not. */
  changed(addresses: Iterable<number>): void {
    this.#transactions++;
    for (const address of addresses) this.#changed.set(address, this.#transactions);
    if (this.#changed.size <= MOST) return;
    this.#changed.clear();
    this.#others = this.#transactions;
  }
}
