import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { inNamespace } from './support/in-namespace.js';
import { parseLog, type LogLine } from './support/running-monitor.js';
import { until } from './support/wait.js';

const FLOOD = fileURLToPath(new URL('./programs/flood.js', import.meta.url));

/** As many as the program writes. */
const FLOOD_LINES = 20_000;

describe('standard output', () => {
  inNamespace('whose reader has stalled does not hold the killing up, nor the exit', async (ns) => {
    const [pipe, log] = [ns.path('pipe'), ns.path('log')];
    await ns.shell(`mkfifo ${pipe}`);
    const full = 'exec 9<> "$0"; head -c 65536 /dev/zero >&9; exec "$@" >&9';
    const monitor = await ns.monitor({
      wrapper: ['/bin/sh', '-c', full, pipe],
      config: { settings: { log_file: log, grace_seconds: 0.5 } },
    });
    const victim = await ns.doomedHog({ onSigterm: 'ignore' });
    expect((await victim.ended()).signal).to.equal('SIGKILL');
    await until('the kill line', () => monitor.lines('kill', log)[0]);
    expect((await monitor.stop()).code).to.equal(0);
    expect(monitor.lines('kill', log)).to.have.lengthOf(1);
  });

  inNamespace('whose reader has gone away does not hold the killing up, nor the exit', async (ns) => {
    const [pipe, log] = [ns.path('pipe'), ns.path('log')];
    await ns.shell(`mkfifo ${pipe}`);
    const monitor = await ns.monitor({
      wrapper: ['/bin/sh', '-c', 'head -n 1 < "$0" > "$0.read" & exec "$@" > "$0"', pipe],
      config: { settings: { log_file: log } },
    });
    await until('some scans', () => monitor.lines('scan', log).length > 2);
    expect(readFileSync(`${pipe}.read`, 'utf8')).to.include('"event":"started"');
    const victim = await ns.doomedHog();
    expect((await victim.ended()).signal).to.equal('SIGTERM');
    await until('the kill line', () => monitor.lines('kill', log)[0]);
    expect((await monitor.stop()).code).to.equal(0);
  });

  inNamespace(
    'that is a terminal which has been closed ends the monitor, as a command in a terminal should',
    async (ns) => {
      const log = ns.path('log');
      const monitor = await ns.monitor({
        wrapper: ['/bin/sh', '-c', 'exec script --quiet --command "exec $*" /dev/null', 'sh'],
        config: { settings: { log_file: log } },
      });
      await until('some scans', () => monitor.lines('scan', log).length > 2);
      await monitor.signal('SIGKILL');
      const stopping = await until('the stop', () => monitor.lines('stopping', log)[0]);
      expect(stopping['reason']).to.include('terminal');
    },
    { needs: ['script'] },
  );

  it('tells in a line of its own, in the format of the log, how many lines a stalled reader has lost', async () => {
    const child = spawn(process.execPath, [FLOOD], { stdio: ['pipe', 'pipe', 'pipe'] });
    const over = once(child, 'exit');
    await once(child.stderr, 'data');
    let written = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      written += chunk;
    });
    const complete = (): string => written.slice(0, written.lastIndexOf('\n') + 1);
    await until(
      'lines about all that were lost',
      () => floodIn(complete()) + lostIn(complete()) >= FLOOD_LINES,
    );
    child.stdin.end();
    await over;

    const lines = parseLog(written);
    const indices = lines.filter(isOfFlood).map((line) => Number(line['index']));
    expect(indices).to.deep.equal(indices.map((_, position) => position));
    expect(indices.length).to.be.within(1000, FLOOD_LINES - 1);
    const told = lines.find(({ msg }) => msg.includes('dropped'));
    expect(told).to.include({ level: 'warn', event: 'log' });
  });
});

/** Lines of the flood that were written. */
function floodIn(text: string): number {
  return parseLog(text).filter(isOfFlood).length;
}

function isOfFlood(line: LogLine): boolean {
  return line['index'] !== undefined;
}

/** How many lines the monitor says that it has dropped, in one line or in several. */
function lostIn(text: string): number {
  return parseLog(text)
    .filter(({ msg }) => msg.includes('dropped'))
    .reduce((sum, { msg }) => sum + Number(/\d+/.exec(msg)?.[0]), 0);
}
