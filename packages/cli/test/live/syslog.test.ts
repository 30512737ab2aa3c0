import { expect } from 'chai';
import { fileURLToPath } from 'node:url';

import { inNamespace } from './support/in-namespace.js';
import type { PidNamespace } from './support/namespace.js';
import type { Program } from './support/program.js';
import { until } from './support/wait.js';

const SERVER = fileURLToPath(new URL('./programs/syslog-server.js', import.meta.url));
const needs = { needs: ['root', 'koffi'] } as const;

/** Lays a `/dev` of the test's own over the machine's, so that no line reaches the machine's syslog. */
async function ownDev(ns: PidNamespace): Promise<void> {
  const dev = ns.path('dev');
  await ns.shell(`mkdir ${dev} && for name in null zero random urandom; do
    touch ${dev}/$name && mount --bind /dev/$name ${dev}/$name; done && mount --rbind ${dev} /dev`);
}

async function server(ns: PidNamespace): Promise<Program> {
  const started = await ns.start({ file: process.execPath, args: [SERVER, '/dev/log'] });
  await started.says('ready');
  return started;
}

/** Every datagram as priority, tag and text. */
function datagrams(program: Program): { priority: number; tag: string; text: string }[] {
  return program.lines.slice(1).map((line) => {
    const datagram = JSON.parse(line) as string;
    const [, priority, tag, text] =
      /^<(\d+)>[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} ([^:]+): ([^]*)$/.exec(datagram) ?? [];
    return { priority: Number(priority), tag: tag ?? '', text: text ?? '' };
  });
}

describe('syslog', () => {
  inNamespace(
    'gets each line exactly once, with its severity',
    async (ns) => {
      await ownDev(ns);
      const syslog = await server(ns);
      const victim = await ns.hog();
      const monitor = await ns.monitor({ config: { settings: { enable_syslog: true } } });
      await victim.ended();
      await monitor.killOf(victim.pid);
      expect((await monitor.stop()).code).to.equal(0);
      const written = monitor.output.trimEnd().split('\n');
      await until('every line', () => datagrams(syslog).length >= written.length);

      const got = datagrams(syslog);
      expect(got.map(({ text }) => text)).to.deep.equal(written);
      expect(new Set(got.map(({ tag }) => tag))).to.deep.equal(new Set([`memory-monitor[${monitor.pid}]`]));
      const decision = got.find(({ text }) => text.includes('"event":"decision"'));
      expect(decision?.priority).to.equal(3 * 8 + 4);
      expect(got[0]?.priority).to.equal(3 * 8 + 6);
    },
    needs,
  );

  inNamespace(
    'that is not there is one warning, and lines go there as soon as it is',
    async (ns) => {
      await ownDev(ns);
      const monitor = await ns.monitor({ config: { settings: { enable_syslog: true } } });
      await monitor.scans(3);
      expect(monitor.lines('log').map(({ level }) => level)).to.deep.equal(['warn']);
      expect(monitor.lines('log')[0]?.msg).to.include('/dev/log (ENOENT)');
      const syslog = await server(ns);
      const victim = await ns.doomedHog();
      expect((await victim.ended()).signal).to.equal('SIGTERM');
      const kill = await until('the kill line', () =>
        datagrams(syslog).find(({ text }) => text.includes('"event":"kill"')),
      );
      expect(kill.text).to.include(`"pid":${victim.pid}`);
      expect(monitor.lines('log')).to.have.lengthOf(1);
    },
    needs,
  );
});
