import type { Audience, Notice, ProcessFacts } from '../notice/notice.js';
import { command, paragraph, type Block, type Chart, type Letter, type Table } from './letter.js';
import { capitalized, moment, named, plain, size, span } from './wording.js';

export interface LetterContext {
  readonly notice: Notice;
  readonly audience: Audience;
  /** Whom an owner can ask. */
  readonly contact: string | undefined;
}

/** About one process: to admins with everything that is known, to its owner without any word about others. */
export function processLetter(facts: ProcessFacts, context: LetterContext): Letter {
  return context.audience === 'owner' ? ownerLetter(facts, context) : adminLetter(facts, context);
}

/** `ended python3 of alice: 14.2 GB, limit 8 GB` */
export function processSummary(facts: ProcessFacts, { dryRun }: Notice): string {
  const { process, ownBytes } = facts;
  const own = isTotal(facts) ? ` (${size(ownBytes)})` : '';
  const who = `${named(process.name)} of ${named(process.user)}${own}`;
  return `${verbOf(facts, dryRun)} ${who}: ${amounts(facts)}`;
}

function verbOf({ kind }: ProcessFacts, dryRun: boolean): string {
  switch (kind) {
    case 'kill':
      return dryRun ? 'would end' : 'ended';
    case 'failed':
      return 'could not end';
    case 'cap':
      return 'has not ended';
    case 'warn':
      return 'warning:';
  }
}

function amounts(facts: ProcessFacts): string {
  const { usedBytes, limitBytes } = facts;
  return `${size(usedBytes)}${isTotal(facts) ? ' in all' : ''}, ${levelOf(facts)} ${size(limitBytes)}`;
}

/** Whether others are counted with it. */
function isTotal({ usedBytes, ownBytes, raisedBy }: ProcessFacts): boolean {
  return raisedBy !== undefined && usedBytes > ownBytes;
}

/** What a plugin raises and then only warns of may be a level below the limit. */
function levelOf({ kind, raisedBy }: ProcessFacts): string {
  return kind === 'warn' && raisedBy !== undefined ? 'warning level' : 'limit';
}

function adminLetter(facts: ProcessFacts, { notice }: LetterContext): Letter {
  const { process, trail, others, memory } = facts;
  const summary = processSummary(facts, notice);
  const rows: [string, string][] = [
    ['Process', `${named(process.name)}, PID ${process.pid}`],
    ['Owner', `${named(process.user)} (uid ${process.uid})`],
    ...(process.unit === undefined ? [] : [['Unit', named(process.unit)] as [string, string]]),
    ...(process.commandLine === undefined
      ? []
      : [['Command', plain(process.commandLine.join(' '), 300)] as [string, string]]),
    ['Started', moment(process.startedAtMs)],
    ...limitRows(facts),
    ['Over it', `for ${span(facts.lastedMs)}`],
    ['When', moment(notice.atMs)],
    ['How', howItWent(facts)],
    ...(memory === undefined
      ? []
      : [
          [
            'Machine',
            `${size(memory.usedBytes)} of ${size(memory.totalBytes)} in use, ${size(memory.availableBytes)} available`,
          ] as [string, string],
        ]),
  ];
  return {
    subject: `[${named(notice.host)}] ${summary}`,
    tone: facts.kind === 'kill' ? 'ended' : facts.kind === 'failed' ? 'trouble' : 'warning',
    headline: capitalized(summary),
    blocks: [
      ...(notice.dryRun
        ? [paragraph('This is a dry run: nothing was ended. Armed, the monitor would have done it.')]
        : []),
      { type: 'facts', rows },
      ...chart(facts),
      {
        type: 'list',
        title: 'Who said what',
        items: trail.map(({ source, action, reason }) => `${plain(source)}: ${action}: ${plain(reason)}`),
      },
      ...(others.length === 0 ? [] : [othersTable(others)]),
      moreCommand(facts),
    ],
  };
}

/** What an admin would type next. */
function moreCommand({ kind, process }: ProcessFacts): Block {
  return kind === 'kill'
    ? command('What the journal has about it:', `journalctl -u memory-monitor --grep 'PID=${process.pid},'`)
    : command('What the monitor thinks of it now:', `sudo memory-monitor explain ${process.pid}`);
}

function othersTable(others: ProcessFacts['others']): Table {
  return {
    type: 'table',
    title: 'Other large processes',
    columns: [{ title: 'PID' }, { title: 'Name' }, { title: 'User' }, { title: 'Memory', isNumber: true }],
    rows: others.map(({ pid, name, user, bytes }) => [String(pid), named(name), named(user), size(bytes)]),
  };
}

function ownerLetter(facts: ProcessFacts, { notice, contact }: LetterContext): Letter {
  const { process, kind } = facts;
  const name = named(process.name);
  const isEnded = kind === 'kill';
  const summary = isEnded
    ? `your process ${name} was ended: ${amounts(facts)}`
    : `your process ${name} needs much memory: ${amounts(facts)}`;
  const host = named(notice.host);
  return {
    subject: `[${host}] ${summary}`,
    tone: isEnded ? 'ended' : 'warning',
    headline: capitalized(summary),
    blocks: [
      paragraph(
        isEnded
          ? `On ${host}, memory is shared by everybody. Your process took more than it may, so it was ended: ${endedHow(facts)}.`
          : `On ${host}, memory is shared by everybody. Nothing has happened yet. A process that takes more than its limit may be ended.`,
      ),
      {
        type: 'facts',
        rows: [
          ['Process', `${name}, PID ${process.pid}, started ${moment(process.startedAtMs)}`],
          ...(process.commandLine === undefined
            ? []
            : [['Command', plain(process.commandLine.join(' '), 300)] as [string, string]]),
          ...limitRows(facts),
          ['When', moment(notice.atMs)],
        ],
      },
      ...chart(facts),
      {
        type: 'list',
        title: 'What you can do',
        items: [
          isEnded
            ? 'Start it again with less data at a time, fewer workers, or smaller batches.'
            : 'Save your work now, and end what you do not need any more.',
          'Look at what it takes while it runs: top, or ps -o pid,rss,comm -u $USER',
          ...(contact === undefined ? [] : [`If it really needs more, ask ${plain(contact, 200)}.`]),
        ],
      },
    ],
  };
}

function limitRows(facts: ProcessFacts): [string, string][] {
  const { usedBytes, ownBytes, limitBytes, rule, ruleReason, measure } = facts;
  const why = ruleReason === undefined ? plain(rule) : plain(ruleReason, 300);
  return [
    ['Memory', `${size(ownBytes)} (${measure})`],
    ...(isTotal(facts) ? [['In all', size(usedBytes)] as [string, string]] : []),
    [capitalized(levelOf(facts)), `${size(limitBytes)}: ${why}`],
  ];
}

function howItWent(facts: ProcessFacts): string {
  const { kind, reason } = facts;
  switch (kind) {
    case 'kill':
      return facts.outcome === 'dry-run' ? 'nothing was done: a dry run' : endedHow(facts);
    case 'failed':
      return `it could not be ended: ${plain(reason)}`;
    case 'cap':
    case 'warn':
      return `it was let live: ${plain(reason)}`;
  }
}

function endedHow({ outcome, signal, tookMs }: ProcessFacts): string {
  const how =
    outcome === 'killed' ? 'by SIGKILL, since it did not exit after SIGTERM' : `by ${signal ?? 'SIGTERM'}`;
  return `${how}, within ${span(tookMs ?? 0)}`;
}

function chart({ history, limitBytes, raisedBy, process }: ProcessFacts): Chart[] {
  const [first, last] = [history.atMs[0], history.atMs.at(-1)];
  if (first === undefined || last === undefined || history.atMs.length < 2) {
    return [];
  }
  const from = size(history.bytes[0] ?? 0);
  const to = size(history.bytes.at(-1) ?? 0);
  return [
    {
      type: 'chart',
      history,
      // A limit on something else than this process says nothing about its line.
      limitBytes: raisedBy === undefined ? limitBytes : undefined,
      alt: `Memory of ${named(process.name)} over ${span(last - first)}: from ${from} to ${to}`,
    },
  ];
}
