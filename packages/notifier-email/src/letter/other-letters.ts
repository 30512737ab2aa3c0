import type { Facts, Notice, ProcessFacts } from '../notice/notice.js';
import { command, paragraph, type Block, type Letter, type Tone } from './letter.js';
import { capitalized, counted, moment, named, plain } from './wording.js';

type OtherFacts = Exclude<Facts, ProcessFacts>;

/** One sentence about what is not a process over its limit, as it stands in subjects. */
export function otherSummary(facts: OtherFacts): string {
  switch (facts.kind) {
    case 'plugin':
      return `plugin ${named(facts.plugin)} fails: ${plain(facts.message, 80)}`;
    case 'config':
      return `new configuration refused: ${counted(facts.errors.length, 'mistake', 'mistakes')}`;
    case 'recovered':
      return `was interrupted while it ended ${named(facts.process.name)} of ${named(facts.process.user)}`;
    case 'restart-loop':
      return `${named(facts.unit)} starts ${named(facts.name)} again and again`;
    case 'overflow':
      return `${counted(facts.count, 'event was', 'events were')} left out of the mail`;
  }
}

export function otherLetter(facts: OtherFacts, notice: Notice): Letter {
  const summary = otherSummary(facts);
  const { tone, blocks } = contentOf(facts);
  return {
    subject: `[${named(notice.host)}] ${summary}`,
    tone,
    headline: capitalized(summary),
    blocks: [...blocks, { type: 'facts', rows: [['When', moment(notice.atMs)]] }],
  };
}

function contentOf(facts: OtherFacts): { readonly tone: Tone; readonly blocks: readonly Block[] } {
  switch (facts.kind) {
    case 'plugin':
      return {
        tone: 'trouble',
        blocks: [
          paragraph('The monitor goes on. What this plugin does not answer counts as its on_failure says.'),
          {
            type: 'facts',
            rows: [
              ['Plugin', named(facts.plugin)],
              ['Hook', plain(facts.hook, 100)],
              ['Error', plain(facts.message)],
              ...(facts.place === undefined ? [] : [['Where', plain(facts.place, 200)] as const]),
              ['How often', counted(facts.failures, 'time', 'times')],
            ],
          },
          command('Calls, failures and time of each hook:', 'sudo memory-monitor plugins'),
        ],
      };
    case 'config':
      return {
        tone: 'trouble',
        blocks: [
          paragraph('The configuration before it is still in force.'),
          { type: 'list', title: 'What is wrong', items: facts.errors.map((error) => plain(error)) },
          command('After mending it:', 'sudo memory-monitor check && sudo systemctl reload memory-monitor'),
        ],
      };
    case 'recovered':
      return {
        tone: 'trouble',
        blocks: [
          paragraph(
            facts.isStillRunning
              ? 'The monitor ended unexpectedly in the middle of it. The process still runs, and is watched as all are.'
              : 'The monitor ended unexpectedly in the middle of it. The process is gone.',
          ),
          {
            type: 'facts',
            rows: [
              ['Process', `${named(facts.process.name)}, PID ${facts.process.pid}`],
              ['Owner', named(facts.process.user)],
              ['Why it was to end', plain(facts.why)],
            ],
          },
          command('Why the monitor ended:', 'journalctl -u memory-monitor -n 100'),
        ],
      };
    case 'restart-loop':
      return {
        tone: 'warning',
        blocks: [
          paragraph(
            `It was started again ${counted(facts.rebirths, 'time', 'times')} after it was ended. Raise its limit, whitelist it, or stop the unit.`,
          ),
          command('What the unit does:', `systemctl status ${shellWord(facts.unit)}`),
        ],
      };
    case 'overflow':
      return {
        tone: 'warning',
        blocks: [
          paragraph('They came faster than the queue could take them. Each has its lines in the log.'),
          command('All of them:', 'journalctl -u memory-monitor --since today'),
        ],
      };
  }
}

/** A unit's name is chosen by who writes the unit. */
function shellWord(text: string): string {
  return `'${plain(text, 200).replaceAll("'", String.raw`'\''`)}'`;
}
