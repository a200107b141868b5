/**
 * Elements in C order.
 * @param bytes elements of which the first index varies fastest, as in Fortran @param size bytes of one
 */
export function inCOrder(bytes: Uint8Array, shape: readonly number[], size: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  const index = new Array<number>(shape.length).fill(0);
  const steps: number[] = [];
  let step = size;
  for (const dim of shape) {
    steps.push(step);
    step *= dim;
  }
  let from = 0;
  for (let to = 0; to < out.length; to += size) {
    out.set(bytes.subarray(from, from + size), to);
    for (let d = shape.length - 1; d >= 0; d--) {
      const next = (index[d] ?? 0) + 1;
      from += steps[d] ?? 0;
      if (next < (shape[d] ?? 0)) {
        index[d] = next;
        break;
      }
      from -= next * (steps[d] ?? 0);
      index[d] = 0;
    }
  }
  return out;
}
