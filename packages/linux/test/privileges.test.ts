import { expect } from 'chai';

import { holdsCapability } from '#src/privileges.js';

const status = (effective: string): string =>
  `Uid:\t998\t998\t998\t998\nCapPrm:\tffff\nCapEff:\t${effective}\n`;

describe('privileges', () => {
  it('are capabilities that reach what is another user’s', () => {
    expect(holdsCapability(status('0000000000080020'))).to.equal(true);
    expect(holdsCapability(status('0000000000000080'))).to.equal(true);
    expect(holdsCapability(status('000001ffffffffff'))).to.equal(true);
  });

  it('are none that an ordinary user of a desktop may have, and none that are not in force', () => {
    // CAP_WAKE_ALARM, of pam_systemd.
    expect(holdsCapability(status('0000000800000000'))).to.equal(false);
    expect(holdsCapability(status('0000000000000000'))).to.equal(false);
    expect(holdsCapability('')).to.equal(false);
  });
});
