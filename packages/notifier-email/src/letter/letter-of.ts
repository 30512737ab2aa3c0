import { isAboutProcess } from '../notice/notice.js';
import type { Letter } from './letter.js';
import { otherLetter } from './other-letters.js';
import { processLetter, type LetterContext } from './process-letter.js';

/** What one notice says to one of its recipients. */
export function letterOf(context: LetterContext): Letter {
  const { facts } = context.notice;
  return isAboutProcess(facts) ? processLetter(facts, context) : otherLetter(facts, context.notice);
}
