// What confines the installed service, and that it does its work in there all the same.
import { expect } from 'chai';

import { inMachine } from './support/in-machine.js';
import {
  CLONE,
  exposure,
  installArmed,
  isRunning,
  kernelMeans,
  logged,
  show,
  startHog,
  WITH_CLONE,
} from './support/service.js';
import { waitFor } from './support/wait-for.js';

const CONFIG = '/etc/memory-monitor/conf.d/20-plugins.toml';
const PLUGIN = '/etc/memory-monitor/plugins/webhook.mjs';
/** Of the unit as it is without any plugin; drop-ins let it have more, and have a score of their own. */
const MOST_EXPOSED = 1.5;

const WEBHOOK = `import { definePlugin } from '@memory-monitor/core';
export default definePlugin({
  name: 'webhook',
  apiVersion: 1,
  needs: ['network'],
  setup(host) {
    host.on('kill', async (kill) => {
      await fetch('http://127.0.0.1:8080/', { method: 'POST', body: kill.violation.process.name });
    });
  },
});
`;
/** Writes what it is sent into a file. */
const RECEIVER = `
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        open('/tmp/received', 'ab').write(self.rfile.read(int(self.headers['Content-Length'])) + b'\\n')
        self.send_response(204)
        self.end_headers()
print('ready', flush=True)
HTTPServer(('127.0.0.1', 8080), Handler).serve_forever()
`;

inMachine(
  'the confined service',
  (it) => {
    it('is exposed no more than it has to be', async (machine) => {
      await installArmed(machine);
      const level = await exposure(machine);
      process.stdout.write(`    systemd-analyze security: ${level}\n`);
      expect(level).to.be.at.most(MOST_EXPOSED);
    });

    it('has every means of the kernel in there', async (machine) => {
      const { names, missing } = await kernelMeans(machine);
      expect(missing).to.deep.equal([]);
      expect(names).to.include.members(['pidfd', 'exit-events', 'process_mrelease', 'pressure-trigger']);
    });

    it('ends a process that ignores SIGTERM, and its log is for the administrators', async (machine) => {
      const hog = await startHog(machine, { isStubborn: true });
      expect(await hog.ended).to.include({ signal: 'SIGKILL' });
      await waitFor(
        async () =>
          (await logged(machine, 'Process force-killed')).some((line) => line.includes(`PID=${hog.pid},`)),
        'the line',
      );
      expect(await machine.succeed(['stat', '--format=%a %U:%G', '/var/log/memory_monitor.log'])).to.equal(
        '640 root:adm\n',
      );
    });

    it('has no capability but those that reading and signalling need, and no network', async (machine) => {
      const pid = await show(machine, 'MainPID');
      const status = await machine.read(`/proc/${pid}/status`);
      // CAP_KILL is bit 5, CAP_SYS_PTRACE bit 19.
      expect(/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1]).to.equal('0000000000080020');
      const network = (await machine.read(`/proc/${pid}/net/dev`)).split('\n').slice(2);
      expect(
        network.filter((line) => line.trim() !== '').map((line) => line.split(':')[0]?.trim()),
      ).to.deep.equal(['lo']);
    });

    it('says in one sentence that a plugin needs the network, and goes on without', async (machine) => {
      await machine.write(PLUGIN, WEBHOOK);
      await machine.write(CONFIG, '[[plugins]]\nuse = "plugins/webhook.mjs"\n');
      await machine.succeed(['systemctl', 'restart', 'memory-monitor']);
      const said = async (): Promise<string[]> =>
        (await logged(machine, 'webhook')).filter((line) => line.includes('it needs the network'));
      await waitFor(async () => (await said()).length > 0, 'the sentence');
      expect(await said()).to.have.length(1);
      const hog = await startHog(machine);
      expect(await hog.ended).to.include({ signal: 'SIGTERM' });
    });

    it('gives it the network once "install" has written its drop-in, which has a score of its own', async (machine) => {
      await machine.succeed(['bash', `${CLONE}/installer.sh`, '--armed']);
      const level = await exposure(machine);
      process.stdout.write(`    with the network: ${level}\n`);
      expect(level).to.be.greaterThan(0);
      const receiver = await machine.start(['python3', '-c', RECEIVER]);
      await waitFor(() => receiver.stdout().includes('ready'), 'the receiver');
      const hog = await startHog(machine);
      await hog.ended;
      await waitFor(
        async () => (await machine.run(['test', '-s', '/tmp/received'])).exitCode === 0,
        'the call',
      );
      expect(await machine.read('/tmp/received')).to.equal('python3\n');
      expect(await isRunning(machine, receiver)).to.equal(true);
      await machine.run(['kill', '-9', String(receiver.pid)]);
    });
  },
  WITH_CLONE,
);
