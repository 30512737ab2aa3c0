import { expect } from 'chai';
import fc from 'fast-check';

import { begun, deferred, done, dueMs, emptyMailbox, taken, type Mailbox } from '#src/sender/mailbox.js';
import { ADMIN, aNotice, NOW_MS } from '../support/notices.js';

const DIGEST_MS = 600_000;
const MINUTE_MS = 60_000;

const filled = (count: number, mailbox = emptyMailbox(ADMIN, 'node1')): Mailbox =>
  Array.from({ length: count }, () => aNotice()).reduce(taken, mailbox);

describe('a mailbox', () => {
  it('has its first mail go at once, and the next ones together', () => {
    const first = filled(1);
    expect(dueMs(first, DIGEST_MS, NOW_MS)).to.equal(0);
    const sent = done(begun(first, NOW_MS, 'node1'), NOW_MS);
    expect(dueMs(sent, DIGEST_MS, NOW_MS)).to.equal(undefined);
    const more = filled(12, sent);
    expect(dueMs(more, DIGEST_MS, NOW_MS + 1)).to.equal(NOW_MS + DIGEST_MS);
    expect(begun(more, NOW_MS + DIGEST_MS, 'node1').mail?.bundle.count).to.equal(12);
  });

  it('counts a notice once, however often it is handed over', () => {
    const notice = aNotice();
    const twice = taken(taken(emptyMailbox(ADMIN, 'node1'), notice), notice);
    expect(twice.waiting?.count).to.equal(1);
    const afterwards = taken(done(begun(twice, NOW_MS, 'node1'), NOW_MS), notice);
    expect(afterwards.waiting).to.equal(undefined);
  });

  it('keeps a mail as it is until it is done: the same id, the same notices, later and later', () => {
    let mailbox = begun(filled(1), NOW_MS, 'node1');
    const messageId = mailbox.mail?.messageId;
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 8; attempt += 1) {
      mailbox = begun(filled(1, deferred(mailbox, NOW_MS)), NOW_MS, 'node1');
      pauses.push(((dueMs(mailbox, DIGEST_MS, NOW_MS) ?? 0) - NOW_MS) / MINUTE_MS);
    }
    expect(mailbox.mail).to.deep.include({ messageId, attempts: 8 });
    expect(mailbox.mail?.bundle.count).to.equal(1);
    expect(mailbox.waiting?.count).to.equal(8);
    expect(pauses).to.deep.equal([1, 2, 4, 8, 15, 30, 30, 30]);
  });

  it('is not held up by a clock that was set back', () => {
    const sent = filled(1, done(begun(filled(1), NOW_MS, 'node1'), NOW_MS));
    expect(dueMs(sent, DIGEST_MS, NOW_MS - 86_400_000)).to.equal(0);
    const failed = deferred(begun(filled(1), NOW_MS, 'node1'), NOW_MS);
    expect(dueMs(failed, DIGEST_MS, NOW_MS - 86_400_000)).to.equal(0);
  });

  it('stays small, and loses no count', () => {
    const many = Array.from({ length: 3000 }, (_, index) => aNotice({ cause: `cause ${index}` })).reduce(
      taken,
      emptyMailbox(ADMIN, 'node1'),
    );
    expect(many.waiting?.count).to.equal(3000);
    expect(many.waiting?.causes.reduce((sum, { count }) => sum + count, 0)).to.equal(3000);
    expect(JSON.stringify(many).length).to.be.below(400_000);
  });

  it('has every notice in exactly one mail, whatever comes in between', () => {
    const step = fc.oneof(
      fc.integer({ min: 1, max: 30 }).map((count) => ({ type: 'take' as const, count })),
      fc.constantFrom({ type: 'begin' as const }, { type: 'fail' as const }, { type: 'send' as const }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let mailbox = emptyMailbox(ADMIN, 'node1');
        let [taken_, sent] = [0, 0];
        for (const next of steps) {
          if (next.type === 'take') {
            mailbox = filled(next.count, mailbox);
            taken_ += next.count;
          } else if (next.type === 'begin') {
            mailbox = begun(mailbox, NOW_MS, 'node1');
          } else if (next.type === 'fail') {
            mailbox = deferred(mailbox, NOW_MS);
          } else if (mailbox.mail !== undefined) {
            sent += mailbox.mail.bundle.count;
            mailbox = done(mailbox, NOW_MS);
          }
        }
        const left = (mailbox.mail?.bundle.count ?? 0) + (mailbox.waiting?.count ?? 0);
        expect(sent + left).to.equal(taken_);
      }),
    );
  });
});
