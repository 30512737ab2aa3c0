import { testPlugin } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import plugin from './freeze-instead-of-kill.js';

const OVER_THE_LIMIT = { rssBytes: 3 * 1024 ** 3 };

describe('the example freeze-instead-of-kill', () => {
  it('stops a violator once, and nothing else', async () => {
    const monitor = await testPlugin(plugin);
    const { pid } = monitor.machine.spawn({ ...OVER_THE_LIMIT, onSignal: () => 'sent' });
    await monitor.tick();
    await monitor.tick();
    expect(monitor.machine.signals.map(({ signal }) => signal)).to.deep.equal(['SIGSTOP']);
    expect(monitor.eventsOf('kill').map(({ outcome, reason }) => `${outcome}: ${reason}`)).to.deep.equal([
      `spared: frozen; kill -CONT ${pid} lets it go on`,
    ]);
  });

  it('leaves alone who is protected by the time of the signal', async () => {
    const monitor = await testPlugin(plugin);
    await monitor.tick();
    const { pid } = monitor.machine.spawn(OVER_THE_LIMIT);
    monitor.intents.disk = async () => {
      await Promise.resolve();
      monitor.machine.change(pid, { oomScoreAdj: -1000 });
    };
    await monitor.tick();
    expect(monitor.machine.signals).to.deep.equal([]);
  });
});
