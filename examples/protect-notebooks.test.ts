import { testPlugin } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import plugin from './protect-notebooks.js';

const OVER_THE_LIMIT = { rssBytes: 3 * 1024 ** 3 };

describe('the example protect-notebooks', () => {
  it('warns a notebook first, and has it ended after five minutes', async () => {
    const monitor = await testPlugin(plugin, { config: { minutes: 5 } });
    const notebook = monitor.machine.spawn({ comm: 'jupyter-lab', ...OVER_THE_LIMIT });
    await monitor.tick();
    expect(monitor.trailOf(notebook)[1]).to.equal(
      'plugin:protect-notebooks: warn: notebooks have 5 minutes to shrink',
    );
    expect(monitor.machine.isRunning(notebook)).to.equal(true);
    await monitor.clock.advance(5 * 60_000);
    expect(monitor.machine.isRunning(notebook)).to.equal(false);
  });

  it('has no opinion about anybody else', async () => {
    const monitor = await testPlugin(plugin);
    const other = monitor.machine.spawn({ comm: 'chrome', ...OVER_THE_LIMIT });
    await monitor.tick();
    expect(monitor.machine.isRunning(other)).to.equal(false);
  });
});
