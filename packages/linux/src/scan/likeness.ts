const NOTABLE_BYTES = 32 * 1024 ** 2;
const NOTABLE_FACTOR = 2;

/** Whether a process has so much more or less memory than it had that it may be another one. */
export function isUnlike(residentBytes: number, formerBytes: number): boolean {
  return (
    residentBytes > formerBytes * NOTABLE_FACTOR ||
    residentBytes < formerBytes / NOTABLE_FACTOR ||
    Math.abs(residentBytes - formerBytes) > NOTABLE_BYTES
  );
}
