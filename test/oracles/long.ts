/** A long run, by hand: every file, and minutes instead of seconds. H5FS_LONG=1 asks for it. */
export const LONG = process.env.H5FS_LONG === "1";

/** The engine is the same over both transports: of the files of other programs, one in so many is read over libfuse, too. */
export const EVERY_OVER_LIBFUSE = 6;

/** All of them in a long run, else the first and then every `every`th. */
export function portion<T>(all: readonly T[], every: number): readonly T[] {
  return LONG ? all : all.filter((_, i) => i % every === 0);
}
