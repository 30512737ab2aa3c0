import { expect } from 'chai';

import { digestLetter, fold, type FoldedCause } from '#src/letter/digest-letter.js';
import { letterOf } from '#src/letter/letter-of.js';
import { renderHtml } from '#src/letter/render-html.js';
import { renderText } from '#src/letter/render-text.js';
import type { Audience, Facts, Notice } from '#src/notice/notice.js';
import { aNotice, GB, NOW_MS, OTHER_FACTS, processFacts } from '../support/notices.js';

const letter = (facts: Facts, audience: Audience = 'admin', changes: Partial<Notice> = {}) =>
  letterOf({ notice: aNotice({ facts, ...changes }), audience, contact: 'help@example.org' });
const subject = (facts: Facts, audience: Audience = 'admin', changes: Partial<Notice> = {}): string =>
  letter(facts, audience, changes).subject;

/** Names that users can give their processes, and what else they can choose. */
const HOSTILE = [
  'a\r\nBcc: eve@example.org',
  'a\nSubject: all is well\n\n<b>body</b>',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  `Z${'\u0301'.repeat(100)}`,
  '\u202Egnp.exe\u202C',
  '\u001b[31mred\u001b[0m',
  '=?utf-8?q?=0D=0ABcc:_eve=40example.org?=',
  '-- \n',
  '\uD800',
  'x'.repeat(5000),
];

describe('a subject', () => {
  it('says the main thing', () => {
    expect(subject(processFacts())).to.equal('[node1] ended python3 of alice: 14.2 GB, limit 8 GB');
    expect(subject(processFacts(), 'owner')).to.equal(
      '[node1] your process python3 was ended: 14.2 GB, limit 8 GB',
    );
    expect(subject(processFacts({ kind: 'warn' }))).to.equal(
      '[node1] warning: python3 of alice: 14.2 GB, limit 8 GB',
    );
    expect(subject(processFacts({ kind: 'failed' }))).to.equal(
      '[node1] could not end python3 of alice: 14.2 GB, limit 8 GB',
    );
  });

  it('does not say that something was ended in a dry run', () => {
    const dry = processFacts({ outcome: 'dry-run', signal: undefined });
    expect(subject(dry, 'admin', { dryRun: true })).to.equal(
      '[node1] would end python3 of alice: 14.2 GB, limit 8 GB',
    );
    expect(renderText(letter(dry, 'admin', { dryRun: true }))).to.match(
      /This is a dry run: nothing was ended/,
    );
  });

  it('does not call a level from which a plugin warns the limit', () => {
    const near = processFacts({
      kind: 'warn',
      ownBytes: 7.1 * GB,
      usedBytes: 7.1 * GB,
      limitBytes: 6.4 * GB,
      raisedBy: 'policy-user',
      ruleReason: 'rule "students"',
      outcome: undefined,
    });
    expect(subject(near)).to.equal('[node1] warning: python3 of alice: 7.1 GB, warning level 6.4 GB');
    expect(subject(near, 'owner')).to.equal(
      '[node1] your process python3 needs much memory: 7.1 GB, warning level 6.4 GB',
    );
    expect(renderText(letter(near, 'owner'))).to.match(/^Warning level: +6\.4 GB: rule "students"$/m);
  });

  it('tells the process from what is counted with it', () => {
    const total = processFacts({
      ownBytes: 3 * GB,
      usedBytes: 18 * GB,
      limitBytes: 16 * GB,
      raisedBy: 'policy-user',
      ruleReason: 'all processes of alice',
    });
    expect(subject(total)).to.equal('[node1] ended python3 of alice (3 GB): 18 GB in all, limit 16 GB');
  });
});

describe('a letter to an admin', () => {
  it('has what was ended, whose it was, why, how, and what else is there', () => {
    const text = renderText(letter(processFacts({ outcome: 'killed', signal: 'SIGKILL', tookMs: 10_400 })));
    for (const fact of [
      /Process: +python3, PID 4711/,
      /Owner: +alice \(uid 1000\)/,
      /Limit: +8 GB: ram_gb_threshold/,
      /How: +by SIGKILL, since it did not exit after SIGTERM, within 10 s/,
      /Machine: +54\.5 GB of 64 GB in use, 9\.5 GB available/,
      /limits: kill: rss of 14\.20GB is over ram_gb_threshold, 8\.00GB/,
      /812 +postgres +postgres +11\.2 GB/,
      /journalctl -u memory-monitor --grep 'PID=4711,'/,
      /Memory of python3 over 60 s: from 2 GB to 14\.2 GB/,
    ]) {
      expect(text).to.match(fact);
    }
  });

  it('about what is no process says what to do', () => {
    for (const facts of OTHER_FACTS) {
      const text = renderText(letter(facts));
      expect(text, facts.kind).to.match(/\n {2}(?:sudo |journalctl |systemctl )/);
    }
  });
});

describe('a letter to an owner', () => {
  it('says what happened, what they can do, and whom to ask', () => {
    const text = renderText(letter(processFacts(), 'owner'));
    expect(text).to.match(/Your process took more than it may, so it was ended: by SIGTERM/);
    expect(text).to.match(/If it really needs more, ask help@example\.org/);
  });

  it('names no process but their own, and nobody else', () => {
    const facts = processFacts({
      trail: [{ source: 'shared-memory', action: 'kill', reason: 'PID 99 of bob goes first' }],
      reason: 'PID 99 of bob goes first',
    });
    const { subject: title, ...rest } = letter(facts, 'owner');
    const all = `${title}${renderText({ subject: title, ...rest })}${renderHtml({ subject: title, ...rest }, true)}`;
    expect(all).to.not.match(/postgres|bob|PID 99|812/);
  });

  it('before anything has happened says so', () => {
    const warned = letter(processFacts({ kind: 'warn', outcome: undefined }), 'owner');
    expect(warned.subject).to.match(/^\[node1\] your process python3 needs much memory: /);
    expect(renderText(warned)).to.match(/Nothing has happened yet/);
  });
});

describe('a digest', () => {
  const digest = (notices: readonly Notice[], audience: Audience = 'admin') =>
    digestLetter({
      host: 'node1',
      audience,
      isFirst: false,
      sinceMs: NOW_MS - 600_000,
      untilMs: NOW_MS,
      causes: notices.reduce<readonly FoldedCause[]>(fold, []),
    });

  it('folds what repeats, the most frequent first', () => {
    const notices = [
      ...Array.from({ length: 3 }, () => aNotice({ cause: 'a' })),
      ...Array.from({ length: 9 }, () => aNotice({ cause: 'b' })),
    ];
    const { subject: title, blocks } = digest(notices);
    expect(title).to.match(/^\[node1\] 12 more in 10 min: ended python3 of alice/);
    const [table] = blocks;
    expect(table?.type === 'table' && table.rows.map(([count]) => count)).to.deep.equal(['9', '3']);
  });

  it('leaves nothing out in silence', () => {
    const notices = [
      ...Array.from({ length: 50 }, (_, index) => aNotice({ cause: `cause ${index}` })),
      aNotice({ cause: 'overflow', facts: { kind: 'overflow', count: 300 } }),
    ];
    const letterWithRest = digest(notices);
    expect(letterWithRest.headline).to.equal('350 more in 10 min');
    const text = renderText(letterWithRest);
    expect(text).to.match(/and 31 events of 31 other causes/);
    expect(text).to.match(/300 {2}300 events were left out of the mail/);
  });
});

describe('hostile text', () => {
  for (const [index, name] of HOSTILE.entries()) {
    it(`stays text, wherever it stands: ${index}`, () => {
      const process = { ...processFacts().process, name, user: name, unit: name, commandLine: [name, name] };
      const facts: Facts[] = [
        processFacts({
          process,
          rule: name,
          ruleReason: name,
          reason: name,
          trail: [{ source: name, action: 'kill', reason: name }],
          others: [{ pid: 1, name, user: name, bytes: GB }],
        }),
        { kind: 'plugin', plugin: name, hook: name, message: name, place: name, failures: 1 },
        { kind: 'config', errors: [name] },
        { kind: 'recovered', process: { pid: 1, name, user: name }, isStillRunning: true, why: name },
        { kind: 'restart-loop', unit: name, name, rebirths: 3 },
      ];
      for (const one of facts) {
        for (const audience of ['admin', 'owner'] as const) {
          const hostile = letter(one, audience, { host: name });
          const html = renderHtml(hostile, true);
          expect(tagsOf(html).filter((tag) => !TAGS.has(tag))).to.deep.equal([]);
          expect(html)
            .to.not.match(/<script|<img src=x|[\u202A-\u202E]/)
            .and.to.not.include('\u001b');
          const lines = renderText(hostile).split('\n');
          expect(lines.filter((line) => /^(?:Bcc|Subject): ?(?:eve|all)/.test(line))).to.deep.equal([]);
        }
      }
    });
  }
});

/** Those that a letter consists of. */
const TAGS = new Set(
  '!doctype html head meta title style body div h1 h2 p table tr th td ul li img pre'.split(' '),
);

function tagsOf(html: string): string[] {
  return [...html.matchAll(/<\/?([a-z0-9!]+)/gi)].map(([, tag]) => tag ?? '');
}
