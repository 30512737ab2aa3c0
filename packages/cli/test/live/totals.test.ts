import { expect } from 'chai';

import { toml } from './support/config.js';
import { inNamespace } from './support/in-namespace.js';
import { PERL } from './support/isolation.js';

const MEGABYTES = 300;
const CHILDREN = 5;
/** Takes memory, and forks children that have the same pages, "private" by the kernel's figures. */
const FORKS = `
  $| = 1;
  my ($bytes, $children) = @ARGV;
  my $memory = 'x' x $bytes;
  for (1 .. $children) { fork or do { sleep 1000; exit } }
  print "ready\\n";
  sleep 1000;`;

/** A total for whoever runs the test, whom the namespace calls root; nothing else limits anybody. */
function totalOf(gb: number): string {
  return [
    toml({ thresholds: { ram_gb_threshold: 1000 }, whitelist: { names: ['sshd'] } }),
    '[[plugins]]',
    'use = "@memory-monitor/policy-user"',
    '[[plugins.config.rules]]',
    'uids = [0]',
    `total_gb_threshold = ${gb}`,
    '',
  ].join('\n');
}

describe('the total of a user', () => {
  inNamespace(
    'counts the pages of a parent and its children once, and ends who has memory of its own',
    async (ns) => {
      const args = ['-e', FORKS, String(MEGABYTES << 20), String(CHILDREN)];
      const parent = await ns.start({ file: PERL, args });
      await parent.says('ready');
      const monitor = await ns.monitor({ config: totalOf(0.75) });
      await monitor.scans(4);
      expect(monitor.kills()).to.deep.equal([]);
      const hog = await ns.doomedHog({ megabytes: 500 });
      expect((await hog.ended()).signal).to.equal('SIGTERM');
      await monitor.scans(2);
      expect(monitor.kills().map(({ pid }) => pid)).to.deep.equal([hog.pid]);
    },
    { needs: ['perl'] },
  );

  inNamespace('is not shielded by names that the whitelist has', async (ns) => {
    const comm = Buffer.from('sshd').toString('base64');
    const shields = await Promise.all(
      Array.from({ length: 9 }, async () => await ns.hog({ megabytes: 80, comm })),
    );
    const hog = await ns.hog({ megabytes: 60 });
    const monitor = await ns.monitor({ config: totalOf(0.5) });
    expect((await hog.ended()).signal).to.equal('SIGTERM');
    await monitor.killOf(hog.pid);
    await monitor.says('nobody can be ended for it: ');
    expect(monitor.kills().map(({ pid }) => pid)).to.deep.equal([hog.pid]);
    expect(shields.every(({ isAlive }) => isAlive)).to.equal(true);
  });

  inNamespace('ends as many small processes at once as it takes', async (ns) => {
    const hogs = await Promise.all(Array.from({ length: 10 }, async () => await ns.hog({ megabytes: 60 })));
    const monitor = await ns.monitor({ config: totalOf(0.4) });
    await monitor.told('kill');
    await monitor.scans(3);
    const ended = hogs.filter(({ isAlive }) => !isAlive).length;
    expect(ended).to.be.within(2, 8);
    expect(Math.max(...monitor.lines('scan').map(({ killed }) => Number(killed)))).to.be.at.least(2);
    expect(monitor.kills()).to.have.length(ended);
  });
});
