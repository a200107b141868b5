/** CRC-32 with the polynomial of Ethernet but the highest bit first, as bzip2 has it. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc;
});

/** The checksum of `bytes` from `start` to `end`. */
export function bzip2Crc(bytes: Uint8Array, start: number, end: number): number {
  let crc = -1;
  for (let i = start; i < end; i++) crc = (crc << 8) ^ (table[(crc >>> 24) ^ (bytes[i] as number)] as number);
  return ~crc >>> 0;
}
