import { H5Error } from "../../src/errors.ts";

/** For `assert.throws`: true for an error of that kind. */
export function ofKind(kind: string): (error: unknown) => boolean {
  return (error) => error instanceof H5Error && error.kind === kind;
}
