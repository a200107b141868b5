/** A positive finite binary floating-point number, exactly: mantissa times 2^exponent. */
export interface ExactFloat {
  readonly mantissa: bigint;
  readonly exponent: number;
  /** The next number below is only half as far away as the next above (the mantissa is the smallest of its exponent). */
  readonly closeBelow: boolean;
}

/** 0.d1d2... times 10^pointAt. */
export interface DecimalDigits {
  readonly digits: string;
  readonly pointAt: number;
}

/**
 * The fewest decimal digits that read back as this number and no other of its type, and of those the nearest to it.
 * Exact, for a float of any width: the free-format algorithm of Steele and White as Burger and Dybvig give it
 * ("Printing Floating-Point Numbers Quickly and Accurately", 1996). Readers round to even, so an even mantissa owns the
 * ends of its interval.
 */
export function shortestDigits({ mantissa, exponent, closeBelow }: ExactFloat): DecimalDigits {
  // The number is r / s; half the gap to the next above is high / s, to the next below low / s.
  const twice = closeBelow ? 4n : 2n;
  let r = mantissa * twice;
  let s = twice;
  let low = 1n;
  let high = closeBelow ? 2n : 1n;
  if (exponent >= 0) {
    const scale = 1n << BigInt(exponent);
    r *= scale;
    low *= scale;
    high *= scale;
  } else {
    s <<= BigInt(-exponent);
  }
  const owns = (mantissa & 1n) === 0n;
  const reachesOne = (): boolean => (owns ? r + high >= s : r + high > s);

  let pointAt = Math.floor((mantissa.toString(2).length + exponent - 1) * Math.LOG10E * Math.LN2);
  if (pointAt >= 0) {
    s *= 10n ** BigInt(pointAt);
  } else {
    const scale = 10n ** BigInt(-pointAt);
    r *= scale;
    low *= scale;
    high *= scale;
  }
  while (reachesOne()) {
    s *= 10n;
    pointAt++;
  }

  let digits = "";
  for (;;) {
    r *= 10n;
    low *= 10n;
    high *= 10n;
    const digit = r / s;
    r %= s;
    const mayStop = owns ? r <= low : r < low;
    const mayRoundUp = reachesOne();
    if (!mayStop && !mayRoundUp) {
      digits += digit;
      continue;
    }
    const twiceRest = r * 2n;
    const roundUp = mayRoundUp && (!mayStop || twiceRest > s || (twiceRest === s && (digit & 1n) === 1n));
    return { digits: digits + (roundUp ? digit + 1n : digit), pointAt };
  }
}
