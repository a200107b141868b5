/** Where `after` differs from `before`, which is as long: bytes [from, to), none where they are the same. */
export function changedRange(before: Uint8Array, after: Uint8Array): { readonly from: number; readonly to: number } {
  let from = 0;
  let to = after.length;
  while (from < to && after[from] === before[from]) from++;
  while (to > from && after[to - 1] === before[to - 1]) to--;
  return { from, to };
}
