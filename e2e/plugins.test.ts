// Plugins in the installed service: what an admin does who has written one.
import { expect } from 'chai';

import { inMachine } from './support/in-machine.js';
import { installArmed, isRunning, logged, show, startHog, WITH_CLONE } from './support/service.js';
import { waitFor } from './support/wait-for.js';

const PLUGIN = '/etc/memory-monitor/plugins/mine.ts';
const CONFIG = '/etc/memory-monitor/conf.d/20-plugins.toml';

const plugin = (body: string, more = ''): string => `import { definePlugin } from '@memory-monitor/core';

export default definePlugin({
  name: 'mine',
  apiVersion: 1,
  ${more}
  setup(host) {
    ${body}
  },
});
`;
const SPARES =
  "host.decide(({ process }) => process.user === 'alice' ? { verdict: { action: 'spare' }, reason: 'alice is the boss' } : undefined);";
const configured = (isolate: boolean): string =>
  `[[plugins]]\nuse = "plugins/mine.ts"\nisolate = ${String(isolate)}\n`;

inMachine(
  'plugins in the installed service',
  (it) => {
    it('take effect by a reload: one that spares, and its reason is in the log', async (machine) => {
      await installArmed(machine);
      await machine.write(PLUGIN, plugin(SPARES));
      await machine.write(CONFIG, configured(false));
      expect(await machine.succeed(['memory-monitor', 'check'])).to.match(/armed; .*, 1 plugin\.\n$/);
      await machine.succeed(['systemctl', 'reload', 'memory-monitor']);
      await waitFor(async () => (await logged(machine, 'Configuration reloaded')).length > 0, 'the reload');
      const hog = await startHog(machine);
      await waitFor(
        async () => (await logged(machine, 'spared')).some((line) => line.endsWith('alice is the boss')),
        'the decision',
      );
      expect(await isRunning(machine, hog)).to.equal(true);
      const explained = await machine.succeed(['memory-monitor', 'explain', String(hog.pid)]);
      expect(explained).to.match(/plugin:mine +spare +alice is the boss/);
      expect(explained).to.match(/ram_gb_threshold +\/etc\/memory-monitor\/conf\.d\/10-test\.toml:2 +counts/);
      expect(explained).to.include('It would be let live: alice is the boss.');
      expect(explained).to.include('(as the running monitor sees it)');
      expect(await machine.succeed(['memory-monitor', 'status'])).to.match(
        /armed.*\n.*\n.*\n.*\n(.*\n)*Plugins: mine\n/,
      );
      expect(await machine.succeed(['memory-monitor', 'plugins'])).to.include(`mine, ${PLUGIN}\n`);
      await machine.run(['kill', '-9', String(hog.pid)]);
    });

    it('answer nobody but root', async (machine) => {
      const asked = await machine.run(
        'setpriv --reuid=alice --regid=alice --clear-groups memory-monitor status --socket /run/memory-monitor/control.sock',
      );
      expect(asked.exitCode).to.equal(77);
      expect(asked.stderr).to.match(/^memory-monitor: Only root may ask .*\(MM_ERR_PERMISSION\)\n$/);
    });

    it('are compiled once: a restart finds them as they were', async (machine) => {
      const listed = async (): Promise<string> =>
        await machine.succeed('ls -l --time-style=full-iso /var/lib/memory-monitor/plugins | grep plugin-');
      const before = (await listed()).replace(/\d\d:\d\d:\d\d\.\d+/g, '');
      await machine.succeed(['systemctl', 'restart', 'memory-monitor']);
      expect((await listed()).replace(/\d\d:\d\d:\d\d\.\d+/g, '')).to.equal(before);
      expect(await show(machine, 'ActiveState')).to.equal('active');
    });

    it('that somebody else could change are refused, with path and reason, and the old one stays', async (machine) => {
      await machine.succeed(`chown alice ${PLUGIN}`);
      const checked = await machine.run(['memory-monitor', 'check']);
      expect(checked.exitCode).to.equal(77);
      expect(checked.stdout).to.match(
        /^\/etc\/memory-monitor\/conf\.d\/20-plugins\.toml:2:7: \/etc\/memory-monitor\/plugins\/mine\.ts, .*it belongs to user \d+.*\n.*\(MM_ERR_UNTRUSTED\)\.\n$/,
      );
      await machine.succeed(['systemctl', 'reload', 'memory-monitor']);
      await waitFor(
        async () =>
          (await logged(machine, 'Configuration not reloaded')).some((line) => line.includes(PLUGIN)),
        'the refusal',
      );
      expect(await machine.succeed(['memory-monitor', 'status'])).to.match(/NOT in force.*mine\.ts/);
      await machine.succeed(`chown root ${PLUGIN}`);
    });

    it('that are isolated are refused before "install" has let them be, in one sentence that says so', async (machine) => {
      await machine.write(CONFIG, configured(true));
      const checked = await machine.succeed(['memory-monitor', 'check']);
      expect(checked).to.match(
        /^warning: plugins: mine is isolated, and .* run "sudo memory-monitor install" again/m,
      );
      await machine.succeed(['systemctl', 'reload', 'memory-monitor']);
      await waitFor(
        async () => (await logged(machine, 'CAP_SETUID')).some((line) => line.includes('not reloaded')),
        'the refusal',
      );
    });

    it('that are isolated run as another user inside the unit once it has', async (machine) => {
      const output = await machine.succeed(['memory-monitor', 'install']);
      expect(output).to.include('Let the service have what its plugins need: for mine');
      expect(await show(machine, 'MemoryMax')).to.equal(String(164 << 20));
      const hog = await startHog(machine);
      await waitFor(
        async () =>
          (await logged(machine, `PID=${hog.pid}`)).some((line) => line.endsWith('alice is the boss')),
        'the decision',
      );
      const listed = await machine.succeed(['memory-monitor', 'plugins', '--json']);
      const [{ isolation }] = JSON.parse(listed) as [{ isolation: { pid: number; state: string } }];
      expect(isolation.state).to.equal('running');
      const status = await machine.succeed(
        `cat /proc/${isolation.pid}/status /proc/${isolation.pid}/oom_score_adj`,
      );
      expect(Number(/^Uid:\s+(\d+)/m.exec(status)?.[1])).to.be.within(61_184, 65_519);
      expect(status).to.match(/^CapEff:\s+0+$/m);
      expect(status).to.match(/^1000$/m);
      await machine.succeed(['kill', '-9', String(isolation.pid)]);
      await waitFor(
        async () => (await machine.succeed(['memory-monitor', 'plugins'])).includes('started again 1 times'),
        'its restart',
      );
      expect(await isRunning(machine, hog)).to.equal(true);
      await machine.run(['kill', '-9', String(hog.pid)]);
    });

    it('that need the network are told that there is none, and get it by "install"', async (machine) => {
      const connects = `host.on('started', async () => {
        const { once } = await import('node:events');
        const server = (await import('node:net')).createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1');
        host.onDispose(() => void server.close());
        await once(server, 'listening');
        const client = (await import('node:net')).connect(server.address().port, '127.0.0.1');
        client.on('data', (text) => host.logger.info('heard ' + text));
        await once(client, 'close');
      });`;
      await machine.write(PLUGIN, plugin(connects, "needs: ['network'],"));
      await machine.write(CONFIG, configured(false));
      expect(await machine.succeed(['memory-monitor', 'check'])).to.match(
        /^warning: plugins: mine needs the network, and memory-monitor\.service has none; run "sudo memory-monitor install" again/m,
      );
      await machine.succeed(['systemctl', 'restart', 'memory-monitor']);
      await waitFor(
        async () => (await logged(machine, 'Plugin mine failed in needs: it needs the network')).length === 1,
        'the sentence',
      );
      await machine.succeed(['memory-monitor', 'install']);
      await waitFor(async () => (await logged(machine, '[mine] heard hello')).length === 1, 'the connection');
      expect((await logged(machine, 'failed in needs')).length).to.equal(1);
      const dropIn = await machine.succeed(['systemctl', 'cat', 'memory-monitor']);
      expect(dropIn).to.include('RestrictAddressFamilies=AF_INET AF_INET6').and.to.not.include('CAP_SETUID');
    });

    it('that are taken away take their needs with them', async (machine) => {
      await machine.succeed(`rm ${CONFIG} ${PLUGIN}`);
      expect(await machine.succeed(['memory-monitor', 'install'])).to.include('plugins need: nothing');
      expect(await machine.succeed(['systemctl', 'cat', 'memory-monitor'])).to.not.include('AF_INET6');
    });
  },
  WITH_CLONE,
);
