import { readFileSync } from 'node:fs';

const AT_PAGESZ = 6n;
const WORD_BYTES = 8;
const USUAL_BYTES = 4096;

/** Bytes of a page (4,096 on x64, up to 65,536 on arm64), from the vector that the kernel gives each program: getauxval(3). */
export const PAGE_BYTES = pageBytes();

function pageBytes(): number {
  const vector = readFileSync('/proc/self/auxv');
  for (let offset = 0; offset + 2 * WORD_BYTES <= vector.length; offset += 2 * WORD_BYTES) {
    if (vector.readBigUInt64LE(offset) === AT_PAGESZ) {
      return Number(vector.readBigUInt64LE(offset + WORD_BYTES));
    }
  }
  return USUAL_BYTES;
}
