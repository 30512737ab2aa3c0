import { accessSync, constants, readdirSync } from 'node:fs';

import { expect } from 'chai';

import { PressureTrigger } from '#src/kernel/pressure-trigger.js';
import { EventWaiter } from '#src/native/event-waiter.js';
import { loadLibc } from '#src/native/libc.js';
import { itWhere } from '../support/it-where.js';

const lacksPressure = ((): string | undefined => {
  try {
    accessSync('/proc/pressure/memory', constants.W_OK);
    return undefined;
  } catch {
    return 'needs pressure stall information';
  }
})();

describe('a pressure trigger', () => {
  itWhere(lacksPressure, 'is taken by the kernel, and given back', async () => {
    const waiter = EventWaiter.open(await loadLibc());
    const trigger = new PressureTrigger(waiter);
    const unsubscribe = trigger.subscribe(() => undefined);
    unsubscribe();
    trigger.close();
    await waiter.close();
  });

  it('where there is none is an error, and no descriptor is lost', async () => {
    const waiter = EventWaiter.open(await loadLibc());
    const before = readdirSync('/proc/self/fd').length;
    expect(() => new PressureTrigger(waiter, '/proc/pressure/none')).to.throw(/ENOENT/);
    expect(() => new PressureTrigger(waiter, '/proc/self/comm')).to.throw();
    expect(readdirSync('/proc/self/fd').length).to.equal(before);
    await waiter.close();
  });
});
