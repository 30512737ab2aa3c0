import { mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Intent } from '@memory-monitor/core';
import { expect } from 'chai';

import { IntentFiles } from '#src/intent-files.js';
import { ProcessInspector } from '#src/proc/inspect.js';
import { ProcReader } from '#src/proc/proc-reader.js';
import { FakeProc } from './support/fake-proc.js';
import { itWhere } from './support/it-where.js';
import { lacksRoot } from './support/lacks.js';
import { useTemporaryDirectory } from './support/temporary-directory.js';

const INTENT: Intent = {
  pid: 42,
  startTime: 777,
  name: 'a\n"hog"',
  uid: 1001,
  user: 'john',
  rssBytes: 5,
  limitBytes: 4,
  rule: 'ram_gb_threshold',
  why: 'too large',
  atMs: 123,
};
const HERE = {
  bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim(),
  pidNamespace: readlinkSync('/proc/self/ns/pid'),
};
const OTHER_MONITOR = { pid: 99, startTime: 5 };

describe('intents on disk', () => {
  const directory = useTemporaryDirectory();
  let proc: FakeProc;
  let intents: IntentFiles;

  beforeEach(() => {
    mkdirSync(join(directory(), 'proc'));
    proc = new FakeProc(join(directory(), 'proc'));
    proc.add({ pid: process.pid, startTime: 1234 });
    intents = nextMonitor();
  });

  const stateDirectory = (): string => join(directory(), 'state');
  const nextMonitor = (): IntentFiles =>
    new IntentFiles(stateDirectory(), new ProcessInspector(new ProcReader(), proc.root));
  const files = (): string[] => readdirSync(join(stateDirectory(), 'intents'));
  const plant = (content: unknown, name = '42-777.json'): void => {
    mkdirSync(join(stateDirectory(), 'intents'), { recursive: true });
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    writeFileSync(join(stateDirectory(), 'intents', name), text);
  };
  /** Tells them, as a monitor does that has just started. */
  const recovered = async (): Promise<unknown[]> => {
    const next = nextMonitor();
    const unfinished = await next.recover();
    for (const intent of unfinished) {
      await next.forget(intent);
    }
    return unfinished.map(({ pid, isStillRunning }) => [pid, isStillRunning]);
  };

  it('are there between the beginning and the end, for root alone', async () => {
    await intents.begin(INTENT);
    expect(files()).to.deep.equal(['42-777.json']);
    expect(statSync(join(stateDirectory(), 'intents')).mode & 0o777).to.equal(0o700);
    expect(statSync(join(stateDirectory(), 'intents/42-777.json')).mode & 0o777).to.equal(0o600);
    await intents.end(INTENT);
    expect(files()).to.deep.equal([]);
  });

  it('are kept apart by start time', async () => {
    await intents.begin(INTENT);
    await intents.begin({ ...INTENT, startTime: 778 });
    await intents.end(INTENT);
    expect(files()).to.deep.equal(['42-778.json']);
  });

  it('that ended or never began are none', async () => {
    await intents.end(INTENT);
    expect(await intents.recover()).to.deep.equal([]);
  });

  it('of a monitor that is gone are told once, as they were', async () => {
    plant({ ...INTENT, ...HERE, monitor: OTHER_MONITOR });
    const [unfinished, ...more] = await intents.recover();
    expect(unfinished).to.include({ ...INTENT, isStillRunning: false });
    expect(more).to.deep.equal([]);
    // As long as nobody has told them, the next monitor has to.
    expect(await recovered()).to.deep.equal([[42, false]]);
    expect(await recovered()).to.deep.equal([]);
    expect(files()).to.deep.equal([]);
  });

  it('about a process that this run has begun to end as well stay when they are forgotten', async () => {
    plant({ ...INTENT, ...HERE, monitor: OTHER_MONITOR });
    const [unfinished] = await intents.recover();
    await intents.begin(INTENT);
    await intents.forget(unfinished!);
    expect(files()).to.deep.equal(['42-777.json']);
    await intents.end(INTENT);
    expect(files()).to.deep.equal([]);
  });

  it('tell whether the process still runs', async () => {
    const record = { ...INTENT, ...HERE, monitor: OTHER_MONITOR };
    const states = [{ startTime: 777 }, { startTime: 778 }, { startTime: 777, state: 'Z' }];
    const told: unknown[] = [];
    for (const state of states) {
      proc.add({ pid: 42, ...state });
      plant(record);
      told.push(...(await recovered()));
    }
    expect(told).to.deep.equal([
      [42, true],
      [42, false],
      [42, false],
    ]);
  });

  it('of a monitor that still runs are its own business', async () => {
    proc.add(OTHER_MONITOR);
    plant({ ...INTENT, ...HERE, monitor: OTHER_MONITOR });
    expect(await recovered()).to.deep.equal([]);
    expect(files()).to.deep.equal(['42-777.json']);
    await intents.begin({ ...INTENT, pid: 43 });
    expect(await recovered()).to.deep.equal([]);
    expect(files()).to.have.length(2);
  });

  it('of a monitor whose PID has been handed on are told', async () => {
    proc.add({ ...OTHER_MONITOR, startTime: 6 });
    plant({ ...INTENT, ...HERE, monitor: OTHER_MONITOR });
    expect(await recovered()).to.deep.equal([[42, false]]);
  });

  it('of another PID namespace are left alone', async () => {
    plant({ ...INTENT, ...HERE, pidNamespace: 'pid:[1]', monitor: OTHER_MONITOR });
    expect(await recovered()).to.deep.equal([]);
    expect(files()).to.have.length(1);
  });

  it('of another boot are dropped', async () => {
    plant({ ...INTENT, ...HERE, bootId: 'another', monitor: OTHER_MONITOR });
    expect(await recovered()).to.deep.equal([]);
    expect(files()).to.deep.equal([]);
  });

  it('that a crash has cut short are dropped, and keep nobody from the others', async () => {
    const whole = JSON.stringify({ ...INTENT, ...HERE, monitor: OTHER_MONITOR });
    const cut = ['', '{', whole.slice(0, 40), whole.slice(0, -1), '\0'.repeat(whole.length)];
    const foreign = ['null', '5', '"x"', '[]', '{}', JSON.stringify({ ...INTENT, ...HERE })];
    for (const [index, text] of [...cut, ...foreign].entries()) {
      plant(text, `${index}.json`);
    }
    plant(whole, 'whole.json');
    expect(await recovered()).to.deep.equal([[42, false]]);
    expect(files()).to.deep.equal([]);
  });

  it('without a directory are none, and harmless', async () => {
    const none = new IntentFiles('', new ProcessInspector(new ProcReader(), proc.root));
    await none.begin(INTENT);
    await none.end(INTENT);
    expect(await none.recover()).to.deep.equal([]);
  });

  it('fail where they can not be written, and the next one does not suffer from it', async () => {
    writeFileSync(stateDirectory(), 'a file');
    for (const attempt of [() => intents.begin(INTENT), () => intents.recover()]) {
      const error = await attempt().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).to.be.instanceOf(Error);
    }
    await intents.end(INTENT).catch(() => {});
  });

  itWhere(lacksRoot, 'fail in a directory that must not be written', async () => {
    process.seteuid!(65_534);
    try {
      const error = await intents.begin(INTENT).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).to.have.property('code', 'EACCES');
    } finally {
      process.seteuid!(0);
    }
  });

  it('are written in the order that was asked for', async () => {
    const pids = Array.from({ length: 50 }, (_, index) => 1000 + index);
    await Promise.all(
      pids.flatMap((pid) => [intents.begin({ ...INTENT, pid }), intents.end({ ...INTENT, pid })]),
    );
    expect(files()).to.deep.equal([]);
  });
});
