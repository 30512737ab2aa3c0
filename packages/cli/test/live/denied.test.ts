import { expect } from 'chai';

import { inNamespace } from './support/in-namespace.js';
import { ORDINARY_UID, OTHER_UID } from './support/isolation.js';

const ordinary = { uid: ORDINARY_UID, gid: ORDINARY_UID };
const other = { uid: OTHER_UID, gid: OTHER_UID };

describe('a monitor without the right to end a process', () => {
  inNamespace(
    'says so once, in one warning, over many scans',
    async (ns) => {
      const victim = await ns.hog({ recordsSignals: true }, other);
      const monitor = await ns.monitor({ config: {}, ...ordinary });
      const kill = await monitor.killOf(victim.pid);
      await monitor.scans(5);
      expect(kill).to.include({ level: 'warn', outcome: 'failed', signal: null, uid: OTHER_UID });
      expect(kill.msg).to.include('permission denied').and.to.include('run as root');
      expect(monitor.kills()).to.have.lengthOf(1);
      expect(monitor.lines('decision')).to.have.lengthOf(1);
      expect(monitor.lines('violation')).to.have.lengthOf(1);
      expect(victim.signals).to.deep.equal([]);
    },
    { needs: ['other users'] },
  );

  inNamespace(
    "still ends its own user's processes",
    async (ns) => {
      const victims = [await ns.hog({}, other), await ns.hog({}, ordinary)] as const;
      const monitor = await ns.monitor({ config: {}, ...ordinary });
      expect((await victims[1].ended()).signal).to.equal('SIGTERM');
      expect(await monitor.killOf(victims[1].pid)).to.include({ outcome: 'terminated', user: 'nobody' });
      expect(await monitor.killOf(victims[0].pid)).to.include({ outcome: 'failed', user: String(OTHER_UID) });
      expect(victims[0].isAlive).to.equal(true);
    },
    { needs: ['other users'] },
  );
});
