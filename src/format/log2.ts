/** The position of the highest bit set in a positive integer below 2^53, exactly (`Math.log2` rounds). */
export function floorLog2(n: number): number {
  return n >= 2 ** 32 ? 63 - Math.clz32(Math.floor(n / 2 ** 32)) : 31 - Math.clz32(n);
}

export function isPowerOfTwo(n: number): boolean {
  return n >= 1 && 2 ** floorLog2(n) === n;
}

/** The bytes that the library reserves for a count of at most `limit`: one more than its highest bit needs. */
export function widthOfCount(limit: number | bigint): number {
  if (typeof limit === "number") return Math.floor(floorLog2(limit) / 8) + 1;
  return Math.floor((limit.toString(2).length - 1) / 8) + 1;
}
