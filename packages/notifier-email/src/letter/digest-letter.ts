import { isAboutProcess, type Audience, type Notice } from '../notice/notice.js';
import { command, type Letter } from './letter.js';
import { otherSummary } from './other-letters.js';
import { processSummary } from './process-letter.js';
import { capitalized, clockTime, counted, moment, named, plain, span } from './wording.js';

/** So many lines a reader reads. */
const MOST_LINES = 20;

/** Notices of one cause, as one line. */
export interface FoldedCause {
  readonly cause: string;
  readonly count: number;
  readonly lastMs: number;
  /** The latest one in words. */
  readonly summary: string;
}

/** What has come together for one recipient. */
export interface Digest {
  readonly host: string;
  readonly audience: Audience;
  /** Whether the recipient has had no mail before. */
  readonly isFirst: boolean;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly causes: readonly FoldedCause[];
}

/** One sentence about a notice. */
function summaryOf(notice: Notice): string {
  return isAboutProcess(notice.facts) ? processSummary(notice.facts, notice) : otherSummary(notice.facts);
}

/** Folds one more notice into the causes that there are. */
export function fold(causes: readonly FoldedCause[], notice: Notice): FoldedCause[] {
  const known = causes.find(({ cause }) => cause === notice.cause);
  const folded = {
    cause: notice.cause,
    count: (known?.count ?? 0) + countOf(notice),
    lastMs: notice.atMs,
    summary: summaryOf(notice),
  };
  return [...causes.filter((cause) => cause !== known), folded];
}

/** An overflow stands for many. */
function countOf({ facts }: Notice): number {
  return facts.kind === 'overflow' ? facts.count : 1;
}

export function digestLetter({ host, audience, isFirst, sinceMs, untilMs, causes }: Digest): Letter {
  const count = causes.reduce((sum, cause) => sum + cause.count, 0);
  const sorted = [...causes].sort((a, b) => b.count - a.count || b.lastMs - a.lastMs);
  const shown = sorted.slice(0, MOST_LINES);
  const hidden = sorted.slice(MOST_LINES);
  const hiddenCount = hidden.reduce((sum, cause) => sum + cause.count, 0);
  const lasted = untilMs - sinceMs < 1000 ? '' : ` in ${span(untilMs - sinceMs)}`;
  const summary = `${isFirst ? counted(count, 'event', 'events') : `${count} more`}${lasted}`;
  const whose = audience === 'owner' ? ' about your processes' : '';
  return {
    subject: `[${named(host)}] ${summary}${whose}: ${shown[0]?.summary ?? ''}`,
    tone: 'warning',
    headline: capitalized(`${summary}${whose}`),
    blocks: [
      {
        type: 'table',
        title: `From ${moment(sinceMs)} to ${moment(untilMs)}`,
        columns: [{ title: 'Times', isNumber: true }, { title: 'What (the latest one)' }, { title: 'Last' }],
        rows: shown.map((cause) => [String(cause.count), plain(cause.summary, 200), clockTime(cause.lastMs)]),
        ...(hidden.length > 0 && {
          rest: `and ${counted(hiddenCount, 'event', 'events')} of ${counted(hidden.length, 'other cause', 'other causes')}`,
        }),
      },
      ...(audience === 'admin'
        ? [command('All of them:', `journalctl -u memory-monitor --since '${moment(sinceMs)}'`)]
        : []),
    ],
  };
}
