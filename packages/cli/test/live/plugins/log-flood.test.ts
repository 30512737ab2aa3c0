import { expect } from 'chai';
import { statSync } from 'node:fs';

import { inNamespace } from '../support/in-namespace.js';
import { placePlugin } from '../support/plugin-fixtures.js';
import { parseLog } from '../support/running-monitor.js';
import { until } from '../support/wait.js';

const LINES_A_SCAN = 100_000;
/** What a plugin may write at once, of one level. */
const AT_ONCE = 2000;
/** Were every line of a scan written, it would take longer. */
const LONGEST_TICK_MS = 500;

const FLOODING = `
  import { definePlugin } from '@memory-monitor/core';
  export default definePlugin({
    name: 'flood',
    apiVersion: 1,
    setup(host) {
      let count = 0;
      host.detect(() => {
        for (let index = 0; index < ${LINES_A_SCAN}; index += 1) {
          count += 1;
          host.logger.info(count % 2 === 0 ? 'in a loop' : 'line ' + count);
        }
        return [];
      });
    },
  });`;

describe('a plugin that floods the log from a hook', () => {
  inNamespace('costs neither a kill, nor its line, nor the disk, nor the tick', async (ns) => {
    const log = ns.path('log');
    const use = placePlugin(ns, 'flood.ts', FLOODING);
    const monitor = await ns.monitor({ config: { settings: { log_file: log }, plugins: [{ use }] } });
    const victim = await ns.doomedHog();
    expect((await victim.ended()).signal).to.equal('SIGTERM');
    expect(await monitor.killOf(victim.pid)).to.include({ outcome: 'terminated' });
    await monitor.scans(3);
    const leftOut = await until('a line about what is left out', () => monitor.lines('leftOut')[0]);
    expect(leftOut).to.include({ level: 'warn', plugin: 'flood', warnings: 0, errors: 0 });
    expect((await monitor.stop()).code).to.equal(0);

    const scans = monitor.lines('scan');
    const tookMs = scans.map((scan) => Number(scan['tookMs'])).sort((a, b) => a - b);
    expect(tookMs[Math.floor(tookMs.length / 2)]).to.be.below(LONGEST_TICK_MS);
    expect(monitor.lines('kill', log)).to.have.lengthOf(1);
    expect(parseLog(monitor.output).at(-1)?.event, 'the rest is told at the stop').to.equal('leftOut');
    const written = monitor.lines('plugin').length;
    const counted = ['leftOut', 'repeated']
      .flatMap((event) => monitor.lines(event))
      .map((line) => Number(line['count']));
    expect(written).to.be.within(AT_ONCE, 2 * AT_ONCE);
    expect(written + counted.reduce((sum, count) => sum + count, 0)).to.be.within(
      scans.length * LINES_A_SCAN,
      (scans.length + 1) * LINES_A_SCAN,
    );
    expect(statSync(log).size).to.be.below(500 * (AT_ONCE + 2 * scans.length + 1000));
  });
});
