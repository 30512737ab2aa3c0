/** So long may be what a plugin says: it stands in trails, log lines and mails, of every violation. */
const MOST_CHARACTERS = 1000;

/** Text of a plugin's, cut where it is beyond all reading. */
export function shortened(text: string): string {
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS - 1)}…`;
}
