import { settle } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { Turns } from '#src/turns.js';

describe('turns', () => {
  it('are taken one after the other, in the order of asking', async () => {
    const turns = new Turns();
    const notes: string[] = [];
    const release: (() => void)[] = [];
    const work = (name: string) => async (): Promise<string> => {
      notes.push(`${name} begins`);
      await new Promise<void>((resolve) => release.push(resolve));
      notes.push(`${name} ends`);
      return name;
    };
    const taken = [turns.take(work('a')), turns.take(work('b'))];
    await settle();
    expect(notes).to.deep.equal(['a begins']);
    release.shift()?.();
    await settle();
    expect(notes).to.deep.equal(['a begins', 'a ends', 'b begins']);
    release.shift()?.();
    expect(await Promise.all(taken)).to.deep.equal(['a', 'b']);
  });

  it('go on after work that has failed, which only its own caller hears of', async () => {
    const turns = new Turns();
    const rejecting = turns.take(async () => await Promise.reject(new Error('rejected')));
    const throwing = turns.take(() => {
      throw new Error('thrown');
    });
    const next = turns.take(() => 'fine');
    const messages = await Promise.all(
      [rejecting, throwing].map((turn) => turn.catch((error: unknown) => (error as Error).message)),
    );
    expect(messages).to.deep.equal(['rejected', 'thrown']);
    expect(await next).to.equal('fine');
  });
});
