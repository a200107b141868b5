/**
 * Powers of ten from 10^-300 to 10^300 as sums of two doubles, 106 bits together. `high` and `low` are indexed by the
 * power plus `POWER_OFFSET`; call `needPower` with that index first.
 */
export const POWER_OFFSET = 300;
export const powerHigh = new Float64Array(2 * POWER_OFFSET + 1);
export const powerLow = new Float64Array(2 * POWER_OFFSET + 1);

export function needPower(index: number): void {
  if (powerHigh[index] === 0) fillPower(index);
}

function fillPower(index: number): void {
  const power = index - POWER_OFFSET;
  if (power >= 0) {
    const exact = 10n ** BigInt(power);
    const high = Number(exact);
    powerHigh[index] = high;
    powerLow[index] = Number(exact - BigInt(high));
    return;
  }
  const divisor = 10n ** BigInt(-power);
  const bits = divisor.toString(2).length + 130;
  const scaled = (1n << BigInt(bits)) / divisor;
  const high = Number(scaled);
  // In two steps, for 2^-bits alone may be too small for a double.
  const half = bits >> 1;
  const first = 2 ** -half;
  const second = 2 ** (half - bits);
  powerHigh[index] = high * first * second;
  powerLow[index] = Number(scaled - BigInt(high)) * first * second;
}
