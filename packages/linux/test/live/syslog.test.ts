import { join } from 'node:path';
import { rmSync } from 'node:fs';

import { settle } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { Syslog } from '#src/log/syslog.js';
import { openDatagramSocket } from '#src/native/datagram.js';
import { aLine } from '../support/a-line.js';
import { useActors } from '../support/actors.js';
import { eventually } from '../support/eventually.js';
import { itWhere } from '../support/it-where.js';
import { firstLack, lacksCompiler } from '../support/lacks.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const lacksKoffi = await openDatagramSocket().then(
  (socket) => {
    socket.close();
    return undefined;
  },
  () => 'needs the package koffi',
);
const lack = firstLack(lacksKoffi, lacksCompiler);

describe('syslog', () => {
  const directory = useTemporaryDirectory();
  const startActor = useActors();
  let told: string[];
  let syslog: Syslog;

  beforeEach(async () => {
    told = [];
    if (lacksKoffi === undefined) {
      syslog = (await Syslog.open((trouble) => told.push(trouble), socketPath()))!;
    }
  });
  afterEach(async () => {
    if (lacksKoffi === undefined) {
      await syslog.close();
    }
  });

  const socketPath = (): string => join(directory(), 'log');
  const startLogger = async () => {
    rmSync(socketPath(), { force: true });
    return await startActor('logger', socketPath());
  };
  const linesOf = (logger: Awaited<ReturnType<typeof startLogger>>): string[] =>
    logger.output().trimEnd().split('\n').slice(1);

  itWhere(lack, 'gets a datagram for each line, with priority, time and PID', async () => {
    const logger = await startLogger();
    for (const severity of ['error', 'warning', 'info', 'debug'] as const) {
      syslog.write(aLine(`${severity}: größer\n`, severity));
    }
    const lines = await eventually('four lines', () => linesOf(logger).length === 4 && linesOf(logger));
    const priorities = { error: 27, warning: 28, info: 30, debug: 31 };
    for (const [index, [severity, priority]] of Object.entries(priorities).entries()) {
      const head = `<${priority}>[A-Z][a-z]{2} [ 1-3]\\d \\d\\d:\\d\\d:\\d\\d memory-monitor\\[${process.pid}\\]`;
      expect(lines[index]).to.match(new RegExp(`^${head}: ${severity}: größer$`));
    }
    const stamp = /^<\d+>(\S+ +\d+ [\d:]+) /.exec(lines[0]!)![1]!;
    expect(Date.parse(`${stamp} ${new Date().getFullYear()}`)).to.be.closeTo(Date.now(), 60_000);
    expect(told).to.deep.equal([]);
  });

  itWhere(lack, 'cuts a line that is too long for a datagram', async () => {
    const logger = await startLogger();
    syslog.write(aLine(`${'x'.repeat(100_000)}\n`, 'info'));
    const [line] = await eventually('a line', () => linesOf(logger).length === 1 && linesOf(logger));
    expect(line).to.have.length(8192);
  });

  itWhere(lack, 'that is away is told once, and gets lines again when it is back', async () => {
    syslog.write(aLine('lost\n', 'info'));
    syslog.write(aLine('lost\n', 'info'));
    await settle();
    expect(told).to.have.length(1);
    expect(told[0]).to.match(/^Syslog does not take lines at \S+ \(ENOENT\)/);
    const logger = await startLogger();
    syslog.write(aLine('here\n', 'info'));
    await eventually('a line', () => linesOf(logger)[0]?.endsWith(': here'));
    logger.process.stdin!.end();
    await logger.ended();
    syslog.write(aLine('lost\n', 'info'));
    syslog.write(aLine('lost\n', 'info'));
    await settle();
    expect(told).to.have.length(2);
    expect(told[1]).to.include('(ECONNREFUSED)');
    const next = await startLogger();
    syslog.write(aLine('here again\n', 'info'));
    await eventually('a line', () => linesOf(next)[0]?.endsWith(': here again'));
    expect(told).to.have.length(2);
  });

  itWhere(lack, 'that has stalled costs lines, and no time', async () => {
    const logger = await startLogger();
    logger.process.kill('SIGSTOP');
    const beganMs = performance.now();
    for (let line = 0; line < 1000; line += 1) {
      syslog.write(aLine(`line ${line}\n`, 'info'));
    }
    expect(performance.now() - beganMs).to.be.lessThan(2000);
    await settle();
    expect(told).to.have.length(1);
    expect(told[0]).to.include('(EAGAIN)');
    logger.process.kill('SIGCONT');
    await eventually('a line', () => linesOf(logger).length > 0);
  });

  itWhere(lacksKoffi, 'at a path that no socket can have is told, and harmless', async () => {
    const trouble: string[] = [];
    const nowhere = await Syslog.open((message) => trouble.push(message), `/${'x'.repeat(200)}`);
    nowhere!.write(aLine('lost\n', 'info'));
    await settle();
    await nowhere!.close();
    expect(trouble).to.have.length(1);
  });
});
