import { expect } from 'chai';

import { coreShim } from '#src/compile/core-shim.js';

describe('the module that stands for core', () => {
  it('is the same whatever the order of the names, and another with other names', () => {
    expect(coreShim(['b', 'a'])).to.equal(coreShim(['a', 'b']));
    expect(coreShim(['a'])).to.not.equal(coreShim(['a', 'b']));
  });

  it('gives each name what core has by it, and exports no other', async () => {
    const key = Symbol.for('@memory-monitor/core');
    const before = (globalThis as Record<symbol, unknown>)[key];
    Object.assign(globalThis, { [key]: { a: 1, default: 2, b: 3 } });
    try {
      const url = `data:text/javascript,${encodeURIComponent(coreShim(['default', 'a']))}`;
      expect({ ...((await import(url)) as object) }).to.deep.equal({ a: 1, default: 2 });
    } finally {
      Object.assign(globalThis, { [key]: before });
    }
  });
});
