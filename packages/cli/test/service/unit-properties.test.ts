import { expect } from 'chai';

import { parseUnit } from '#src/service/unit-properties.js';

const shown = (properties: Record<string, string>): string =>
  Object.entries({
    LoadState: 'loaded',
    RestrictAddressFamilies: 'AF_UNIX',
    PrivateNetwork: 'yes',
    CapabilityBoundingSet: 'cap_kill cap_sys_ptrace',
    AmbientCapabilities: '',
    User: '',
    ...properties,
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
const SWITCHING = 'cap_chown cap_kill cap_setgid cap_setuid cap_sys_ptrace';

describe('the unit of the service', () => {
  it('is none where systemd knows none', () => {
    expect(parseUnit(shown({ LoadState: 'not-found' }))).to.equal(undefined);
    expect(parseUnit('')).to.equal(undefined);
  });

  it('runs as root, without network, unless it says otherwise', () => {
    expect(parseUnit(shown({}))).to.deep.equal({ hasNetwork: false, maySetUid: false, user: undefined });
    expect(parseUnit(shown({ User: 'root' }))?.user).to.equal(undefined);
    expect(parseUnit(shown({ User: 'memory-monitor' }))?.user).to.equal('memory-monitor');
    const open = { RestrictAddressFamilies: 'AF_INET AF_UNIX', PrivateNetwork: 'no' };
    expect(parseUnit(shown(open))?.hasNetwork).to.equal(true);
  });

  it('may start processes as another user where root is left that, and another user is given it', () => {
    expect(parseUnit(shown({ CapabilityBoundingSet: SWITCHING }))?.maySetUid).to.equal(true);
    const ownUser = { CapabilityBoundingSet: SWITCHING, User: 'memory-monitor' };
    const few = { ...ownUser, AmbientCapabilities: 'cap_kill cap_sys_ptrace' };
    expect(parseUnit(shown(few))?.maySetUid).to.equal(false);
    expect(parseUnit(shown({ ...ownUser, AmbientCapabilities: SWITCHING }))?.maySetUid).to.equal(true);
  });
});
