import { expect } from 'chai';

import { PidPath } from '#src/proc/pid-path.js';

describe('the path of a process’s file', () => {
  it('is the same as in a string, whatever was asked for before', () => {
    const path = new PidPath('/größe/proc', 'stat');
    for (const pid of [1, 9, 10, 1234567, 99, 100, 4_194_303, 1, 42, 9_999_999]) {
      expect(path.of(pid).toString()).to.equal(`/größe/proc/${pid}/stat`);
    }
  });

  it('is not there for what is no PID', () => {
    expect(() => new PidPath('/proc', 'stat').of(10_000_000)).to.throw(RangeError);
  });
});
