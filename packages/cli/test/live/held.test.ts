import { expect } from 'chai';

import { compileC } from './support/compile-c.js';
import { toml } from './support/config.js';
import { inNamespace } from './support/in-namespace.js';
import { until } from './support/wait.js';

const HELD_MEGABYTES = 450;
/** What all processes of the namespace have beside is no more than this. */
const TOTAL = `
[[plugins]]
use = "@memory-monitor/policy-user"

[[plugins.config.rules]]
uids = ["0"]
total_gb_threshold = 0.4
`;

describe('a process that its tracer holds where it exits', () => {
  inNamespace(
    'protects nobody else of the same user from the limit on their total, and its tracer is named',
    async (ns) => {
      const program = compileC('hold-at-exit', ns.directory);
      const tracer = await ns.start({ file: program, args: [String(HELD_MEGABYTES), 'shared'] });
      const heldPid = Number(await until('the PID of the child', () => tracer.lines[0]));
      const monitor = await ns.monitor({ config: toml({ thresholds: { ram_gb_threshold: 100 } }) + TOTAL });
      const kill = await monitor.killOf(heldPid);
      expect(kill).to.include({ outcome: 'failed', signal: 'SIGKILL', rule: 'plugin:policy-user' });
      expect(kill['reason']).to.include(`it is held by a tracer (PID ${tracer.pid})`);

      const other = await ns.doomedHog({ megabytes: 100 });
      expect((await other.ended()).signal).to.equal('SIGTERM');
      expect(await monitor.killOf(other.pid)).to.include({ outcome: 'terminated' });
      await monitor.scans(3);
      expect(monitor.kills(heldPid)).to.have.lengthOf(1);
      expect(tracer.isAlive).to.equal(true);
    },
    { needs: ['compiler'] },
  );

  inNamespace(
    'has given its memory back all the same, where the kernel can take that',
    async (ns) => {
      const program = compileC('hold-at-exit', ns.directory);
      const tracer = await ns.start({ file: program, args: [String(HELD_MEGABYTES), 'private'] });
      const heldPid = Number(await until('the PID of the child', () => tracer.lines[0]));
      const residentKb = async (): Promise<number> =>
        Number(/^VmRSS:\s*(\d+)/m.exec(await ns.shell(`cat /proc/${heldPid}/status`))?.[1]);
      await until('its memory', async () => (await residentKb()) > HELD_MEGABYTES * 1024);
      const monitor = await ns.monitor({ config: toml({ thresholds: { ram_gb_threshold: 0.4 } }) });
      await until('the release', async () => (await residentKb()) < 10 * 1024);
      expect(await monitor.killOf(heldPid)).to.include({ outcome: 'failed', signal: 'SIGKILL' });
      expect(tracer.isAlive).to.equal(true);
    },
    { needs: ['compiler', 'koffi'] },
  );
});
