import { localTimestamp, printable } from '@memory-monitor/core';

const MB = 1024 ** 2;
const GB = 1024 ** 3;
/** Names are chosen by users; so long is one that still means something to a reader. */
const LONGEST_NAME = 60;
/** More marks on one letter than any language has would paint over the lines above and below. */
const PILED_MARKS = /(\p{M}{2})\p{M}+/gu;

/** A text of others' as it may stand in a mail: one line, nothing unprintable, nothing piled up, no longer than `most`. */
export function plain(text: string, most = 1000): string {
  const line = printable(text).replace(PILED_MARKS, '$1…');
  const characters = Array.from(line);
  return characters.length <= most ? line : `${characters.slice(0, most - 1).join('')}…`;
}

/** A name of a process, user, plugin or unit. */
export function named(text: string): string {
  return plain(text, LONGEST_NAME);
}

/** `14.2 GB`, `8 GB`, `512 MB`, `0`. */
export function size(bytes: number): string {
  if (bytes === 0) {
    return '0';
  }
  const [amount, unit] = bytes >= GB ? [bytes / GB, 'GB'] : [bytes / MB, 'MB'];
  return `${Number(amount.toFixed(amount < 100 ? 1 : 0))} ${unit}`;
}

/** `40 s`, `12 min`, `3 h`, `2 days`. */
export function span(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 1) {
    return `${Math.round(ms)} ms`;
  }
  if (seconds < 120) {
    return `${Math.round(seconds)} s`;
  }
  if (seconds < 120 * 60) {
    return `${Math.round(seconds / 60)} min`;
  }
  const hours = Math.round(seconds / 3600);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}

/** `2026-11-25 09:15:30`, in this machine's time zone. */
export function moment(ms: number): string {
  return localTimestamp(new Date(ms));
}

/** `09:15:30`. */
export function clockTime(ms: number): string {
  return moment(ms).slice(-8);
}

export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `1 process`, `3 processes`. */
export function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
