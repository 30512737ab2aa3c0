import { expect } from 'chai';

import { inNamespace } from '../support/in-namespace.js';
import { placePlugin } from '../support/plugin-fixtures.js';
import { until } from '../support/wait.js';

/** A plugin that decides by the body of a function of (violation, verdict). */
const decider = (name: string, body: string): string => `
  import { definePlugin } from '@memory-monitor/core';
  export default definePlugin({
    name: '${name}',
    apiVersion: 1,
    setup(host) {
      host.decide((violation, verdict) => { ${body} });
    },
  });`;
const answering = (name: string, verdict: string, reason: string): string =>
  decider(name, `return { verdict: ${verdict}, reason: '${reason}' };`);

interface Explained {
  readonly action: string;
  readonly conclusion: string;
  readonly trail: readonly { readonly source: string; readonly action: string; readonly reason: string }[];
  readonly places: Readonly<Record<string, string>>;
  readonly protection?: { readonly guard: string };
}

describe('deciders in an armed monitor', () => {
  inNamespace('leave a trail of all of them, in order, with reasons; the last one settles it', async (ns) => {
    const plugins = [
      answering('spares', "{ action: 'spare' }", 'it is a friend'),
      answering('defers', "{ action: 'defer', seconds: 1 }", 'not right now'),
      answering('warns', "{ action: 'warn' }", 'a warning will do'),
      decider(
        'back',
        "return verdict.action === 'warn' ? { verdict: { action: 'kill' }, reason: 'it will not' } : undefined;",
      ),
    ].map((text, index) => ({ use: placePlugin(ns, `decider-${index}.ts`, text) }));
    const victim = await ns.hog();
    const monitor = await ns.monitor({ config: { plugins } });
    expect((await victim.ended()).signal).to.equal('SIGTERM');
    const kill = await monitor.killOf(victim.pid);
    expect((kill['trail'] as string[]).slice(1)).to.deep.equal([
      'plugin:spares: spare: it is a friend',
      'plugin:defers: defer: not right now',
      'plugin:warns: warn: a warning will do',
      'plugin:back: kill: it will not',
    ]);
  });

  inNamespace('can spare, and nothing happens to the process', async (ns) => {
    const use = placePlugin(ns, 'spares.ts', answering('spares', "{ action: 'spare' }", 'it is a friend'));
    const spared = await ns.hog({ recordsSignals: true });
    const monitor = await ns.monitor({ config: { plugins: [{ use }] } });
    await monitor.told('decision', ({ action }) => action === 'spare');
    await monitor.scans(5);
    expect(spared.isAlive).to.equal(true);
    expect(spared.signals).to.deep.equal([]);
    expect(monitor.lines('decision')).to.have.lengthOf(1);
  });

  inNamespace('can defer, and the kill stands after that time, and not before', async (ns) => {
    const deferring = answering('defers', "{ action: 'defer', seconds: 2 }", 'a moment, please');
    const use = placePlugin(ns, 'defers.ts', deferring);
    const victim = await ns.hog({ recordsSignals: true, onSigterm: 'ignore' });
    const monitor = await ns.monitor({ config: { plugins: [{ use }] } });
    const deferred = await monitor.told('decision', ({ action }) => action === 'defer');
    const killed = await monitor.told('decision', ({ action }) => action === 'kill');
    const waitedMs = Date.parse(killed.time) - Date.parse(deferred.time);
    expect(waitedMs).to.be.within(1900, 4000);
    expect((killed['trail'] as string[]).slice(1).join('\n')).to.match(
      /^plugin:defers: defer: a moment, please\nmax-defer: kill: deferred for [\d.]+ s: the kill stands$/,
    );
    expect((await victim.ended()).signal).to.equal('SIGKILL');
  });

  inNamespace('are asked by explain, which agrees with what then happens', async (ns) => {
    const turning = decider(
      'by-name',
      "return violation.process.comm === 'friend' ? { verdict: { action: 'warn' }, reason: 'a friend' } : undefined;",
    );
    const use = placePlugin(ns, 'by-name.ts', turning);
    const settings = { control_socket: ns.path('control.sock') };
    // Out of reach first: explain is asked while nothing has happened yet.
    const friend = await ns.hog({ comm: Buffer.from('friend').toString('base64'), recordsSignals: true });
    const other = await ns.hog();
    const guarded = await ns.hog({ recordsSignals: true });
    const config = {
      plugins: [{ use }],
      settings: { ...settings, dry_run: true },
      whitelist: { pids: [1, guarded.pid] },
    };
    const monitor = await ns.monitor({ config });
    await monitor.scans(1);
    const explained = async (pid: number, ...options: string[]): Promise<Explained> =>
      JSON.parse(
        await ns.command('explain', String(pid), '--json', '--socket', settings.control_socket, ...options),
      ) as Explained;

    const [ofFriend, ofOther, ofGuarded] = [
      await explained(friend.pid),
      await explained(other.pid),
      await explained(guarded.pid),
    ];
    expect(ofFriend.action).to.equal('warn');
    expect((await explained(friend.pid, '--config', '/dev/null')).action).to.equal('warn');
    expect(ofFriend.trail.map(({ source, reason }) => `${source}: ${reason}`)[1]).to.equal(
      'plugin:by-name: a friend',
    );
    expect(ofFriend.places['ram_gb_threshold']).to.equal(`${monitor.configPath}:2`);
    expect(ofFriend.places['plugin:by-name']).to.match(/\.toml:\d+$/);
    expect(ofOther.action).to.equal('kill');
    expect(ofOther.conclusion).to.match(/^It would be ended, if this were not a dry run: /);
    expect(ofGuarded.protection?.guard).to.equal('whitelist-pid');
    expect(ofGuarded.conclusion).to.match(/^It is never ended: PID \d+ is whitelisted\.$/);

    await monitor.reload({ ...config, settings });
    expect((await other.ended()).signal).to.equal('SIGTERM');
    const kill = await monitor.killOf(other.pid);
    expect((kill['trail'] as string[]).map((entry) => entry.split(':')[0])).to.deep.equal(
      ofOther.trail.map(({ source }) => source.split(':')[0]),
    );
    await monitor.told('decision', ({ pid, action }) => pid === friend.pid && action === 'warn');
    await monitor.scans(2);
    expect([friend.isAlive, friend.signals, guarded.isAlive, guarded.signals]).to.deep.equal([
      true,
      [],
      true,
      [],
    ]);
  });

  inNamespace('are asked by explain without a running monitor too', async (ns) => {
    const use = placePlugin(ns, 'spares.ts', answering('spares', "{ action: 'spare' }", 'it is a friend'));
    const process = await ns.hog();
    const monitor = await ns.monitor({ config: { plugins: [{ use }] } });
    await monitor.told('scan');
    await monitor.stop();
    const text = await ns.command('explain', String(process.pid), '--config', monitor.configPath);
    expect(text).to.match(/plugin:spares +spare +it is a friend/);
    expect(text).to.match(/ram_gb_threshold +\S+\.toml:2 +counts/);
    expect(text).to.include('It would be let live: it is a friend.');
  });

  inNamespace('can have a violator frozen instead, by a terminator of a plugin', async (ns) => {
    const { readFileSync } = await import('node:fs');
    const example = new URL('../../../../../examples/freeze-instead-of-kill.ts', import.meta.url);
    const use = placePlugin(ns, 'freeze.ts', readFileSync(example, 'utf8'));
    const victim = await ns.hog();
    const monitor = await ns.monitor({ config: { plugins: [{ use }] } });
    const kill = await monitor.killOf(victim.pid);
    expect(kill).to.include({ outcome: 'spared', signal: 'SIGSTOP' });
    const state = await ns.shell(`ps -o stat= -p ${victim.pid}`);
    expect(state.trim()).to.match(/^T/);
    await monitor.scans(3);
    expect(monitor.kills()).to.have.lengthOf(1);
    await ns.signal(victim.pid, 'SIGCONT');
    await until('it to go on', async () => !(await ns.shell(`ps -o stat= -p ${victim.pid}`)).startsWith('T'));
    expect(victim.isAlive).to.equal(true);
  });
});
