import type { Context } from "mocha";

/**
 * Ends a test or a hook that cannot run here, saying why. In CI that is a failure, unless what is missing is none of the
 * project's (`excused`).
 */
export function notRun(context: Context, why: string, excused: "excused" | "required" = "required"): never {
  console.log(`NOT RUN: ${why}`);
  if (process.env.CI === "true" && excused === "required") {
    throw new Error(`NOT RUN: ${why}`);
  }
  return context.skip();
}
