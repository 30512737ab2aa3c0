import { PAGE_BYTES } from '../proc/page-size.js';

const NOTABLE_PAGES = (32 * 1024 ** 2) / PAGE_BYTES;
const NOTABLE_FACTOR = 2;

/** Whether a process has so much more or less memory than it had that it may be another one. */
export function isUnlike(residentPages: number, formerPages: number): boolean {
  return (
    residentPages > formerPages * NOTABLE_FACTOR ||
    residentPages < formerPages / NOTABLE_FACTOR ||
    Math.abs(residentPages - formerPages) > NOTABLE_PAGES
  );
}
