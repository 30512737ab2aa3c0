import { writeFileSync } from 'node:fs';

import { expect } from 'chai';

import { toml } from './support/config.js';
import { inNamespace } from './support/in-namespace.js';

describe('memory-monitor explain', () => {
  inNamespace('knows the groups of users where no monitor runs', async (ns) => {
    const hog = await ns.hog({ megabytes: 1 });
    const config = ns.path('groups.toml');
    const rule = '[[plugins.config.rules]]\nname = "system"\ngroups = ["root"]\nram_gb_threshold = 9\n';
    writeFileSync(config, `${toml({})}\n[[plugins]]\nuse = "@memory-monitor/policy-user"\n${rule}`);
    const explained = await ns.command('explain', String(hog.pid), '--config', config);
    expect(explained).to.match(/9\.00GB +plugin:policy-user .* counts +rule "system"/);
    expect(explained).to.match(/Nothing would happen: it has 0\.\d+GB, and its limit is 9\.00GB\./);
  });
});
