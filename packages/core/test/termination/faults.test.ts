import { settle, TestMonitor, type MachineStep } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { GB, hog } from '../support/hogs.js';

const PID = 4242;
/** The monitor's own limit of 2 GB. */
const BELOW = 1 * GB;

interface Scene {
  readonly test: TestMonitor;
  /** Signals that reached somebody, by who it was. */
  readonly received: { readonly who: 'victim' | 'successor' | 'bystander'; readonly signal: string }[];
}

/** What becomes of the victim. */
const FAULTS = {
  exits: ({ test }: Scene) => {
    test.machine.exit(PID);
  },
  'is replaced under its PID': (scene: Scene) => {
    scene.test.machine.exit(PID);
    scene.test.machine.spawn(listening(scene, 'successor', { pid: PID, startTime: 9999 }));
  },
  'shrinks below its limit': ({ test }: Scene) => {
    test.machine.change(PID, { rssBytes: BELOW, anonymousBytes: BELOW });
  },
  grows: ({ test }: Scene) => {
    test.machine.change(PID, { rssBytes: 6 * GB, anonymousBytes: 6 * GB });
  },
  'becomes one that is whitelisted': ({ test }: Scene) => {
    test.machine.change(PID, { comm: 'precious', name: 'precious', executableName: 'precious' });
  },
  'begins to exit': ({ test }: Scene) => {
    test.machine.change(PID, { isExiting: true, rssBytes: 0 });
    void test.clock.sleep(500).then(() => {
      test.machine.exit(PID);
    });
  },
  'changes its user': ({ test }: Scene) => {
    test.machine.change(PID, { uid: 0 });
  },
} as const;

function listening(scene: Scene, who: Scene['received'][number]['who'], more: Parameters<typeof hog>[0]) {
  return hog({
    ...more,
    onSignal: (signal, machine, pid) => {
      scene.received.push({ who, signal });
      if (signal === 'SIGKILL') {
        machine.exit(pid);
      }
      return 'sent';
    },
  });
}

/** A scan, and all that follows from it, with a fault before one of the monitor's steps; returns the steps. */
async function run(
  fault?: (scene: Scene) => void,
  at = -1,
): Promise<Scene & { readonly steps: readonly MachineStep[] }> {
  const test = new TestMonitor({
    whitelist: { names: [{ name: 'precious' }] },
    settings: { measure: 'pss', graceSeconds: 2 },
  });
  const scene: Scene = { test, received: [] };
  test.machine.spawn(listening(scene, 'victim', { pid: PID, startTime: 7, pssBytes: 3 * GB }));
  test.machine.spawn(listening(scene, 'bystander', { rssBytes: BELOW }));
  const steps: MachineStep[] = [];
  test.machine.beforeStep = (step, pid) => {
    if (pid === undefined || pid === PID) {
      steps.push(step);
      if (steps.length - 1 === at) {
        fault?.(scene);
      }
    }
  };
  void test.monitor.run({ once: true });
  await settle();
  await test.clock.advance(30_000);
  return { ...scene, steps };
}

const { steps: STEPS } = await run();

describe('a victim', () => {
  it('is looked at again before each signal', () => {
    expect(STEPS.slice(0, 3)).to.deep.equal(['scan', 'inspect', 'inspectSlowly']);
    expect(STEPS).to.include.members(['open', 'check', 'signal']);
    for (const [index, step] of STEPS.entries()) {
      if (step === 'signal' && STEPS[index - 1] !== 'signal') {
        expect(STEPS[index - 1]).to.equal('check');
      }
    }
  });

  for (const [what, fault] of Object.entries(FAULTS)) {
    for (const [at, step] of STEPS.entries()) {
      it(`that ${what} before step ${at}, ${step}`, async () => {
        const { test, received } = await run(fault, at);
        expect(received.filter(({ who }) => who !== 'victim')).to.deep.equal([]);
        const begun = test.eventsOf('decision').filter(({ action }) => action === 'kill').length;
        expect(test.eventsOf('kill')).to.have.length(begun);
        expect(test.intents.open.size).to.equal(0);
        expect(test.eventsOf('kill').map(({ outcome }) => outcome)).to.not.include('failed');
        // The check comes right before the signal: what was so by then is not signalled.
        const isSeen = at <= STEPS.indexOf('signal') - 1;
        if (isSeen && what !== 'grows' && what !== 'changes its user') {
          expect(received).to.deep.equal([]);
        }
      });
    }
  }
});
