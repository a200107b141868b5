/** Numbers below are told as they are; those that are given out begin here. */
const FIRST_GIVEN = 2 ** 31;

/**
 * `st_ino` has 32 bits in fuse-native. Cut off, two files could have the same number, and `cp` and `tar` would take them for
 * one. Small numbers are kept, and so are the same from mount to mount; a large one is given a number of its own.
 */
export class InodeNumbers {
  readonly #given = new Map<number, number>();

  of(ino: number): number {
    if (ino < FIRST_GIVEN) return ino;
    const known = this.#given.get(ino);
    if (known !== undefined) return known;
    const number = FIRST_GIVEN + this.#given.size;
    this.#given.set(ino, number);
    return number;
  }
}
