import { expect } from 'chai';

import { LimitsView, SampleView } from '#src/detection/sample-view.js';
import { columnsOf } from '../support/columns.js';

const FIRST = { pid: 1, startTime: 2, uid: 3, rssBytes: 4, sharedBytes: 5 };
const SECOND = { pid: 6, startTime: 7, uid: 8, rssBytes: 9, sharedBytes: 10 };
const COLUMNS = columnsOf(FIRST, SECOND);

/** What can be read there. */
const read = ({ pid, startTime, uid, rssBytes, sharedBytes }: SampleView) => ({
  pid,
  startTime,
  uid,
  rssBytes,
  sharedBytes,
});

/** Ways in which a plugin could try to change something. */
const ATTEMPTS: Record<string, (view: object, key: string) => void> = {
  'assigned to': (view, key) => {
    (view as Record<string, unknown>)[key] = 99;
  },
  'defined anew': (view, key) => {
    Object.defineProperty(view, key, { value: 99 });
  },
  'added to': (view) => {
    (view as Record<string, unknown>)['mine'] = 99;
  },
};

describe('a view of a sample', () => {
  it('shows one process after the other', () => {
    const view = new SampleView(COLUMNS);
    expect(read(view)).to.deep.equal(FIRST);
    view.moveTo(1);
    expect(read(view)).to.deep.equal(SECOND);
  });

  it('copied is that process for good', () => {
    const columns = columnsOf(FIRST, SECOND);
    const copy = SampleView.at(columns, 1);
    columns.pid[1] = 99;
    expect(copy).to.deep.equal(SECOND);
  });

  for (const [how, attempt] of Object.entries(ATTEMPTS)) {
    it(`can not be ${how}, copied or not`, () => {
      const view = new SampleView(COLUMNS);
      for (const sample of [view, SampleView.at(COLUMNS, 0)]) {
        for (const key of Object.keys(FIRST)) {
          expect(() => {
            attempt(sample, key);
          }, key).to.throw(TypeError);
        }
      }
      expect(read(view)).to.deep.equal(FIRST);
      expect(COLUMNS.pid[0]).to.equal(1);
    });
  }
});

describe('a view of limits', () => {
  const viewOf = (): LimitsView => new LimitsView(Float64Array.of(10, 20), Float64Array.of(30, 40));

  it('shows those of one process after the other', () => {
    const view = viewOf();
    expect([view.percentOfRam, view.bytes]).to.deep.equal([10, 30]);
    view.moveTo(1);
    expect([view.percentOfRam, view.bytes]).to.deep.equal([20, 40]);
  });

  for (const [how, attempt] of Object.entries(ATTEMPTS)) {
    it(`can not be ${how}`, () => {
      const view = viewOf();
      for (const key of ['percentOfRam', 'bytes']) {
        expect(() => {
          attempt(view, key);
        }, key).to.throw(TypeError);
      }
      expect([view.percentOfRam, view.bytes]).to.deep.equal([10, 30]);
    });
  }
});
