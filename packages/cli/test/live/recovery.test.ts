import { expect } from 'chai';

import { inNamespace } from './support/in-namespace.js';
import { until } from './support/wait.js';

describe('a monitor that was killed during a grace period', () => {
  inNamespace('is followed by one that tells what was under way, once', async (ns) => {
    const settings = { grace_seconds: 60, state_directory: ns.path('state') };
    const victim = await ns.hog({ onSigterm: 'ignore' });
    const first = await ns.monitor({ config: { settings } });
    await victim.says('signal SIGTERM');
    await until('the intent', async () => (await ns.shell(`ls ${ns.path('state', 'intents')}`)) !== '');
    await first.stop('SIGKILL');
    expect(first.kills()).to.deep.equal([]);

    const outOfReach = { thresholds: { ram_gb_threshold: 1000 }, settings };
    const second = await ns.monitor({ config: outOfReach, options: ['--once'] });
    expect(await second.program.ended()).to.include({ code: 0 });
    const recovered = second.lines('recovered');
    expect(recovered).to.have.lengthOf(1);
    expect(recovered[0]).to.include({ level: 'warn', pid: victim.pid, user: 'root', isStillRunning: true });
    expect(recovered[0]?.msg).to.include(`PID=${victim.pid}, `);

    const third = await ns.monitor({ config: outOfReach, options: ['--once'] });
    await third.program.ended();
    expect(third.lines('recovered')).to.deep.equal([]);
    expect(victim.signals).to.deep.equal(['SIGTERM']);
  });

  inNamespace('is followed by one that ends the victim in its turn', async (ns) => {
    const settings = { state_directory: ns.path('state') };
    const victim = await ns.hog({ onSigterm: 'ignore' });
    const first = await ns.monitor({ config: { settings: { ...settings, grace_seconds: 60 } } });
    await victim.says('signal SIGTERM');
    await first.stop('SIGKILL');
    const second = await ns.monitor({ config: { settings } });
    expect((await victim.ended()).signal).to.equal('SIGKILL');
    expect(await second.killOf(victim.pid)).to.include({ outcome: 'killed' });
    expect(second.lines('recovered').map(({ pid }) => pid)).to.deep.equal([victim.pid]);
  });
});
