import { Cron } from 'croner';
import { expect } from 'chai';

import { CronWindow } from '#src/windows/cron-window.js';

const HOUR_MS = 3_600_000;

function stateAt(text: string, pattern: string, hours: number): [isOpen: boolean, until: string] {
  const window = new CronWindow(
    new Cron(pattern, { paused: true, timezone: 'Europe/Berlin' }),
    hours * HOUR_MS,
  );
  const { isOpen, untilMs } = window.stateAt(Date.parse(text));
  return [isOpen, new Date(untilMs).toISOString()];
}

describe('a cron window', () => {
  it('opens when its expression says so, for as long as it lasts', () => {
    const [pattern, hours] = ['0 2 * * sun', 4];
    expect(stateAt('2026-05-03T00:00:00.000Z', pattern, hours)).to.deep.equal([
      true,
      '2026-05-03T04:00:00.000Z',
    ]);
    expect(stateAt('2026-05-02T23:59:59.999Z', pattern, hours)).to.deep.equal([
      false,
      '2026-05-03T00:00:00.000Z',
    ]);
    expect(stateAt('2026-05-03T03:59:59.999Z', pattern, hours)).to.deep.equal([
      true,
      '2026-05-03T04:00:00.000Z',
    ]);
    expect(stateAt('2026-05-03T04:00:00.000Z', pattern, hours)[0]).to.equal(false);
  });

  it('opens on one day of the week of a month, the first Sunday, say', () => {
    expect(stateAt('2026-05-03T01:00:00.000Z', '0 3 * * sun#1', 1)).to.deep.equal([
      true,
      '2026-05-03T02:00:00.000Z',
    ]);
    expect(stateAt('2026-05-10T01:00:00.000Z', '0 3 * * sun#1', 1)[0]).to.equal(false);
  });

  it('stays open where the next one begins before it ends', () => {
    for (let minute = 0; minute < 600; minute += 1) {
      const text = new Date(Date.parse('2026-05-03T00:00Z') + minute * 60_000).toISOString();
      expect(stateAt(text, '0 * * * *', 1.5)[0]).to.equal(true);
    }
  });

  it('is never open again after the last time that it names', () => {
    expect(stateAt('2026-05-03T00:00Z', '0 2 30 2 *', 1)[0]).to.equal(false);
  });
});
