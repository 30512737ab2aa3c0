import { expect } from 'chai';

import { unsupportedPlugins } from '#src/config/refuse-plugins.js';

describe('unsupportedPlugins', () => {
  it('names every plugin, and says what to do', () => {
    const plugin = { config: {}, isolate: false, onFailure: 'spare' } as const;
    const sentence = unsupportedPlugins([
      { use: '@memory-monitor/policy-user', ...plugin },
      { use: './mine.ts', ...plugin },
    ]);
    expect(sentence).to.include('@memory-monitor/policy-user, ./mine.ts;');
    expect(sentence).to.include('remove their [[plugins]] or set dry_run = true');
  });
});
