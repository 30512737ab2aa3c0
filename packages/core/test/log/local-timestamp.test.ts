import { expect } from 'chai';

import { localTimestamp } from '#src/log/local-timestamp.js';

describe('localTimestamp', () => {
  it("writes local time as Python's logging does", () => {
    expect(localTimestamp(new Date(2025, 9, 3, 10, 15, 30))).to.equal('2025-10-03 10:15:30');
  });

  it('pads every part to two digits, and drops what is less than a second', () => {
    expect(localTimestamp(new Date(2025, 0, 2, 3, 4, 5, 999))).to.equal('2025-01-02 03:04:05');
  });
});
