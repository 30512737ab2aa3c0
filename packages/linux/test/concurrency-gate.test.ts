import { expect } from 'chai';
import { settle } from '@memory-monitor/core/testing';

import { ConcurrencyGate } from '#src/concurrency-gate.js';

/** Work that ends when it is told to. */
function openEnded() {
  let end: (value: string) => void = () => {};
  const done = new Promise<string>((resolve) => {
    end = resolve;
  });
  return { done, end };
}

describe('the concurrency gate', () => {
  it('lets so many run, so many wait, and turns away the rest', async () => {
    const gate = new ConcurrencyGate(2, 1);
    const works = [openEnded(), openEnded(), openEnded()];
    const begun: number[] = [];
    const results = works.map((work, index) =>
      gate.run(async () => {
        begun.push(index);
        return await work.done;
      }),
    );
    expect(await gate.run(async () => 'never')).to.equal(undefined);
    await settle();
    expect(begun).to.deep.equal([0, 1]);
    works[1]!.end('second');
    await settle();
    expect(begun).to.deep.equal([0, 1, 2]);
    works[0]!.end('first');
    works[2]!.end('third');
    expect(await Promise.all(results)).to.deep.equal(['first', 'second', 'third']);
    expect(await gate.run(async () => 'free again')).to.equal('free again');
  });

  it('goes on after work that fails', async () => {
    const gate = new ConcurrencyGate(1, 1);
    const failing = gate.run(async () => {
      throw new Error('no');
    });
    const waiting = gate.run(async () => 'yes');
    const error = await failing.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.have.property('message', 'no');
    expect(await waiting).to.equal('yes');
  });

  it('never lets more run, also when somebody comes in the moment that a place gets free', async () => {
    const gate = new ConcurrencyGate(1, 10);
    let running = 0;
    let most = 0;
    const work = async (until: Promise<unknown>): Promise<void> => {
      running += 1;
      most = Math.max(most, running);
      await until;
      running -= 1;
    };
    const first = openEnded();
    const all = [gate.run(() => work(first.done)), gate.run(() => work(settle()))];
    for (let turn = 0; turn < 10; turn += 1) {
      let moment = first.done as Promise<unknown>;
      for (let step = 0; step < turn; step += 1) {
        moment = moment.then(() => undefined);
      }
      all.push(moment.then(() => gate.run(() => work(settle()))));
    }
    first.end('now');
    await Promise.all(all);
    expect(most).to.equal(1);
  });
});
