import { expect } from 'chai';

import { isTimeZone, WallClock } from '#src/wall-clock.js';

const berlin = new WallClock('Europe/Berlin');
const wall = (text: string): number => Date.parse(`${text}Z`);
const instant = (ms: number): string => new Date(ms).toISOString();

const QUARTER_MS = 900_000;

/** An assignment, also of nothing, is what makes Node look at it again. */
function restoreZone(zone: string | undefined): void {
  process.env['TZ'] = zone ?? '';
  if (zone === undefined) {
    delete process.env['TZ'];
  }
}

describe('a wall clock', () => {
  it('shows the time of its zone', () => {
    expect(berlin.at(Date.parse('2026-01-01T12:00:00Z'))).to.equal(wall('2026-01-01T13:00:00'));
    expect(berlin.at(Date.parse('2026-07-01T12:00:00Z'))).to.equal(wall('2026-07-01T14:00:00'));
  });

  it('shows a time first when it does', () => {
    expect(instant(berlin.firstInstant(wall('2026-07-01T14:00:00')))).to.equal('2026-07-01T12:00:00.000Z');
  });

  it('shows a time of the doubled hour first before the change', () => {
    expect(instant(berlin.firstInstant(wall('2026-10-25T02:30:00')))).to.equal('2026-10-25T00:30:00.000Z');
  });

  it('has passed a time of the missing hour when it jumps', () => {
    for (const time of ['02:00:00', '02:30:00', '02:59:59.999']) {
      const first = berlin.firstInstant(wall(`2026-03-29T${time}`));
      expect(instant(first)).to.equal('2026-03-29T01:00:00.000Z');
    }
  });

  it('has passed a whole day that there is not when it jumps', () => {
    const apia = new WallClock('Pacific/Apia');
    expect(instant(apia.firstInstant(wall('2011-12-30T12:00:00')))).to.equal('2011-12-30T10:00:00.000Z');
  });

  it('shows the time of the machine where no zone is named, as one of that zone does', () => {
    const before = process.env['TZ'];
    try {
      for (const zone of ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu']) {
        process.env['TZ'] = zone;
        const [named, local] = [new WallClock(zone), new WallClock(undefined)];
        for (
          let ms = Date.parse('2026-01-01T00:00:00Z');
          ms < Date.parse('2027-01-01T00:00:00Z');
          ms += QUARTER_MS
        ) {
          if (local.at(ms) !== named.at(ms)) {
            expect.fail(`${zone}, ${instant(ms)}: ${instant(local.at(ms))}, not ${instant(named.at(ms))}`);
          }
        }
      }
    } finally {
      restoreZone(before);
    }
  });

  it('is one of a zone that there is', () => {
    expect(['Europe/Berlin', 'UTC'].map(isTimeZone)).to.deep.equal([true, true]);
    expect(['Europe/Atlantis', '', '25:00', 'x+02:00'].map(isTimeZone)).to.deep.equal([
      false,
      false,
      false,
      false,
    ]);
  });
});
