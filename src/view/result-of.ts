/** Does all of a piece of work that has pauses, without them. */
export function resultOf<T>(steps: Iterator<unknown, T>): T {
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}
