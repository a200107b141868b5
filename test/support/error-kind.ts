import assert from "node:assert/strict";
import { H5Error } from "../../src/errors.ts";

/** For `assert.throws`: true for an error of that kind. */
export function ofKind(kind: string): (error: unknown) => boolean {
  return (error) => error instanceof H5Error && error.kind === kind;
}

/** It throws an "argument" error with that message. */
export function assertRefused(act: () => unknown, message: RegExp): void {
  assert.throws(act, (error) => {
    assert.ok(error instanceof H5Error && error.kind === "argument", `${error}`);
    assert.match(error.message, message);
    return true;
  });
}
