/** The name of the error that a system call fails with; `undefined`: it does not fail. */
export function errnoName(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
    throw error;
  }
}
