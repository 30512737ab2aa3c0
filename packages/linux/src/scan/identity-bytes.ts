const SPACE = 0x20;
const TAB = 0x09;
const NEWLINE = 0x0a;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const CLOSING = 0x29;

/** What no field of a proc file is. */
const NO_NUMBER = Number.NaN;

/** Where fields of `stat` stand, counted from the state, which is 0; proc_pid_stat(5). */
export const STAT_PROCESS_GROUP = 2;
export const STAT_SESSION = 3;
export const STAT_FLAGS = 6;
export const STAT_START_TIME = 19;

const UID_KEY = Buffer.from('\nUid:');

/**
 * A number of a `stat` line, without making an object: many processes are read in every scan. NaN if there is none, or nothing
 * behind it, where the line may have been cut.
 */
export function numberOfStat(bytes: Buffer, length: number, field: number): number {
  // The name may hold parentheses itself: the last one of the line closes it, since only numbers follow.
  let index = length - 1;
  while (index >= 0 && bytes[index] !== CLOSING) {
    index -= 1;
  }
  if (index < 0) {
    return NO_NUMBER;
  }
  for (let toSkip = field + 1; toSkip > 0; index += 1) {
    if (index >= length) {
      return NO_NUMBER;
    }
    if (bytes[index] === SPACE) {
      toSkip -= 1;
    }
  }
  return numberAt(bytes, index, length);
}

/** The real uid in a `status` file; NaN if there is none. The name comes first, and can hold no newline there. */
export function uidOfStatus(bytes: Buffer, length: number): number {
  const start = bytes.indexOf(UID_KEY);
  let index = start + UID_KEY.length;
  if (start === -1) {
    return NO_NUMBER;
  }
  while (index < length && (bytes[index] === TAB || bytes[index] === SPACE)) {
    index += 1;
  }
  return numberAt(bytes, index, length);
}

/** Of digits with something behind them. */
function numberAt(bytes: Buffer, from: number, length: number): number {
  let value = 0;
  let index = from;
  const isNegative = bytes[index] === MINUS;
  if (isNegative) {
    index += 1;
  }
  const firstDigit = index;
  for (; index < length; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte < ZERO || byte > NINE) {
      break;
    }
    value = value * 10 + (byte - ZERO);
  }
  const end = bytes[index];
  const isWhole = index > firstDigit && index < length && (end === SPACE || end === TAB || end === NEWLINE);
  return isWhole ? (isNegative ? -value : value) : NO_NUMBER;
}
