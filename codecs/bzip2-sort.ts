/** Two bytes are one of so many. */
const PAIRS = 65_536;

/** The arrays of the last call, kept for the next chunk. */
let arrays = arraysFor(0);

function arraysFor(size: number) {
  const array = (length: number) => new Int32Array(length);
  return { size, order: array(size), a: array(size), b: array(size), starts: array(Math.max(size, PAIRS + 1)) };
}

/**
 * The rotations of the first `size` bytes of `block` in order, each by where it begins: the Burrows-Wheeler transform is the byte
 * before each. They are sorted by their first two bytes, then by twice as many in each pass, so that no data take long:
 * what is sorted by h bytes already is the order by the second half of 2h. The result is overwritten by the next call.
 */
export function sortRotations(block: Uint8Array, size: number): Int32Array {
  if (arrays.size < size) arrays = arraysFor(size);
  const { order, starts } = arrays;
  // The class of a rotation: how many different ones, as far as they are sorted, come before it.
  let { a: classes, b: other } = arrays;
  starts.fill(0, 0, PAIRS + 1);
  for (let i = 0; i < size; i++) {
    const pair = ((block[i] as number) << 8) | (block[i + 1 < size ? i + 1 : 0] as number);
    classes[i] = pair;
    starts[pair + 1] = (starts[pair + 1] as number) + 1;
  }
  for (let pair = 1; pair <= PAIRS; pair++) starts[pair] = (starts[pair] as number) + (starts[pair - 1] as number);
  for (let i = 0; i < size; i++) {
    const pair = classes[i] as number;
    const at = starts[pair] as number;
    starts[pair] = at + 1;
    order[at] = i;
  }
  let count = 0;
  let last = -1;
  for (let at = 0; at < size; at++) {
    const i = order[at] as number;
    const pair = classes[i] as number;
    if (pair !== last) {
      starts[count++] = at;
      last = pair;
    }
    other[i] = count - 1;
  }
  [classes, other] = [other, classes];

  for (let h = 2; count < size && h < size; h *= 2) {
    // In the order of their second halves, each goes to the next place of its class.
    for (let at = 0; at < size; at++) other[at] = order[at] as number;
    for (let at = 0; at < size; at++) {
      const second = (other[at] as number) - h;
      const i = second < 0 ? second + size : second;
      const place = classes[i] as number;
      const to = starts[place] as number;
      starts[place] = to + 1;
      order[to] = i;
    }
    let lastFirst = -1;
    let lastSecond = -1;
    count = 0;
    for (let at = 0; at < size; at++) {
      const i = order[at] as number;
      const first = classes[i] as number;
      const second = classes[i + h < size ? i + h : i + h - size] as number;
      if (first !== lastFirst || second !== lastSecond) {
        starts[count++] = at;
        lastFirst = first;
        lastSecond = second;
      }
      other[i] = count - 1;
    }
    [classes, other] = [other, classes];
  }
  return order;
}
