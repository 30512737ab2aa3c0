import { expect } from 'chai';

import type { PluginTable } from '../support/config.js';
import { inNamespace } from '../support/in-namespace.js';
import type { PidNamespace } from '../support/namespace.js';
import { placeFixture } from '../support/plugin-fixtures.js';
import type { RunningMonitor } from '../support/running-monitor.js';
import { until } from '../support/wait.js';

const HOOKS = ['on', 'decide', 'detect', 'overrideInterval', 'overrideLimits'] as const;
type Hook = (typeof HOOKS)[number];

/** What an isolated plugin can't have. */
const ISOLATED_HOOKS = HOOKS.filter((hook) => hook !== 'overrideLimits');

/** Ways that any plugin can misbehave in and nobody comes to harm. */
const ANYWHERE = ['throws', 'rejects', 'hangs asynchronously', 'answers late', 'answers garbage'];
/** Ways that would take a process down. */
const ISOLATED = [
  'hangs synchronously',
  'blocks in a native call',
  'leaks heap',
  'leaks buffers',
  'allocates all at once',
  'floods messages',
  'spawns children',
  'kills',
  'calls process.exit',
];
/** Nobody reads what a listener answers, and it may take its time. */
const HARMLESS = new Set(['on answers garbage']);
/** Ways that end in an error which the plugin's process survives, or in no failure of the hook at all. */
const SURVIVED = new Set([...ANYWHERE, 'allocates all at once']);

/** The kernel's name of a process, as the hog's options want it. */
const named = (comm: string): { comm: string } => ({ comm: Buffer.from(comm).toString('base64') });

interface Scene {
  readonly monitor: RunningMonitor;
  readonly namespace: PidNamespace;
}

/** One plugin for each hook that misbehaves in it, and one that behaves, in an armed monitor. */
async function start(
  namespace: PidNamespace,
  hooks: readonly Hook[],
  way: string,
  isolate: boolean,
): Promise<Scene> {
  placeFixture(namespace, 'misbehave');
  const plugins: PluginTable[] = hooks.map((hook) => ({
    use: placeFixture(namespace, 'misbehaving', { name: `bad-${hook}`, words: { '@NAME@': `bad-${hook}` } }),
    isolate,
    config: { hook, way },
  }));
  const witness = { use: placeFixture(namespace, 'witness') };
  const monitor = await namespace.monitor({ config: { plugins: [...plugins, witness] } });
  await monitor.told('scan');
  return { monitor, namespace };
}

/** What all of them have to leave as it is: scans, the other plugin, a kill, a bystander. */
async function expectUnharmed({ monitor, namespace }: Scene): Promise<void> {
  const bystander = await namespace.bystander();
  const doomed = await namespace.doomedHog(named('doomed'));
  expect(await doomed.ended()).to.include({ signal: 'SIGTERM' });
  const kill = await monitor.killOf(doomed.pid);
  expect(kill).to.include({ outcome: 'terminated' });
  expect((kill['trail'] as string[]).at(-1)).to.equal('plugin:witness: kill: it is doomed');
  await monitor.scans(3);
  const seen = monitor.lines('plugin').filter(({ plugin }) => plugin === 'witness');
  expect(seen.filter(({ msg }) => msg === '[witness] scan seen').length).to.be.at.least(3);
  expect(seen.map(({ msg, pid }) => `${msg} ${String(pid)}`)).to.include(
    `[witness] violation seen ${doomed.pid}`,
  );
  expect(bystander.isAlive).to.equal(true);
  expect(bystander.signals).to.deep.equal([]);
}

function failuresOf(monitor: RunningMonitor): string[] {
  return monitor.lines('pluginError').map(({ plugin, hook }) => `${String(plugin)} ${String(hook)}`);
}

/** The name that failures of a hook are told under. */
function nameOf(hook: Hook): string {
  return hook === 'on' ? 'on:violation' : hook;
}

async function expectSpared({ monitor, namespace }: Scene, hooks: readonly Hook[]): Promise<void> {
  const spared = await namespace.hog(named('spared'));
  const decision = await monitor.told(
    'decision',
    ({ pid, action }) => pid === spared.pid && action === 'spare',
  );
  const trail = decision['trail'] as string[];
  const failed = trail.filter((entry) =>
    /^plugin:bad-.*: spare: failed.*so the process is spared: /.test(entry),
  );
  expect(failed.map((entry) => entry.split(':')[1])).to.have.members(
    hooks.filter((hook) => hook === 'decide' || hook === 'overrideLimits').map((hook) => `bad-${hook}`),
  );
  await monitor.scans(3);
  expect(spared.isAlive).to.equal(true);
}

describe('plugins that misbehave in an armed monitor', () => {
  for (const way of ANYWHERE) {
    inNamespace(`(${way}, each in one hook) harm nobody, and each is told once`, async (ns) => {
      const scene = await start(ns, HOOKS, way, false);
      await expectUnharmed(scene);
      await expectSpared(scene, HOOKS);
      const wanted = HOOKS.filter((hook) => !HARMLESS.has(`${hook} ${way}`));
      const names = wanted.map((hook) => `bad-${hook} ${nameOf(hook)}`);
      await until('every failure', () => names.every((name) => failuresOf(scene.monitor).includes(name)));
      await scene.monitor.scans(3);
      expect(failuresOf(scene.monitor)).to.have.members(names);
      expect((await scene.monitor.stop()).code).to.equal(0);
    });
  }

  for (const way of [...ANYWHERE, ...ISOLATED]) {
    inNamespace(
      `(${way}, each in one hook, isolated) harm nobody, and each is told once`,
      async (ns) => {
        const scene = await start(ns, ISOLATED_HOOKS, way, true);
        await expectUnharmed(scene);
        await expectSpared(scene, ISOLATED_HOOKS);
        const wanted = ISOLATED_HOOKS.filter((hook) => !HARMLESS.has(`${hook} ${way}`));
        const isTold = (hook: Hook): boolean =>
          failuresOf(scene.monitor).some((failure) =>
            SURVIVED.has(way)
              ? failure === `bad-${hook} ${nameOf(hook)}`
              : failure === `bad-${hook} ${nameOf(hook)}` || failure === `bad-${hook} isolation`,
          );
        await until('every failure', () => wanted.every(isTold));
        await scene.monitor.scans(3);
        const told = failuresOf(scene.monitor);
        expect(told, 'nothing is told twice').to.have.lengthOf(new Set(told).size);
        expect(told.filter((failure) => failure.startsWith('witness'))).to.deep.equal([]);
        expect((await scene.monitor.stop()).code).to.equal(0);
        await until('the end of every process of theirs', async () => (await leftOf(scene)) === '');
      },
      { needs: ['other users'] },
    );
  }
});

/** Processes in the namespace that belong to users of isolated plugins. */
async function leftOf({ namespace, monitor }: Scene): Promise<string> {
  const uids = new Set(
    monitor
      .lines('plugin')
      .filter(({ msg }) => msg.endsWith('set up'))
      .map(({ uid }) => String(uid)),
  );
  // PID 1 here reaps nobody.
  const isTheirs = [...uids].map((uid) => `$1==${uid}`).join('||');
  const list = `ps -eo uid=,stat=,pid=,args= | awk '(${isTheirs}) && $2 !~ /^Z/'`;
  return (await namespace.shell(list)).trim();
}
