import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { settle } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { LogFile } from '#src/log/log-file.js';
import { aLine } from '../support/a-line.js';
import { eventually } from '../support/eventually.js';
import { itWhere } from '../support/it-where.js';
import { firstLack, lacksMount, lacksRoot } from '../support/lacks.js';
import { nodeRunning, run } from '../support/run.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const numbered = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, index) => `line ${from + index}\n`);

describe('the log file', () => {
  const directory = useTemporaryDirectory();
  let told: string[];

  beforeEach(() => {
    told = [];
  });

  const path = (name = 'monitor.log'): string => join(directory(), name);
  const content = (name?: string): string => readFileSync(path(name), 'utf8');
  const open = (name?: string): LogFile =>
    new LogFile(path(name), (trouble) => {
      told.push(trouble);
    });
  const write = (file: LogFile, lines: readonly string[]): void => {
    for (const line of lines) {
      file.write(aLine(line));
    }
  };

  it('is made for its owner and its group, and is written at once', async () => {
    const mask = process.umask(0);
    try {
      const file = open();
      file.write(aLine('a line\n'));
      expect(content()).to.equal('a line\n');
      expect(statSync(path()).mode & 0o777).to.equal(0o640);
      await file.close();
    } finally {
      process.umask(mask);
    }
    expect(told).to.deep.equal([]);
  });

  it('is appended to', async () => {
    writeFileSync(path(), 'before\n');
    const file = open();
    file.write(aLine('after\n'));
    expect(content()).to.equal('before\nafter\n');
    await file.close();
  });

  it('takes every line after it was moved away: to the old file before a reopen, to a new one after it', async () => {
    const file = open();
    write(file, numbered(10));
    renameSync(path(), path('monitor.log.1'));
    write(file, numbered(10, 10));
    file.reopen();
    write(file, numbered(10, 20));
    await file.close();
    expect(content('monitor.log.1')).to.equal(numbered(20).join(''));
    expect(content()).to.equal(numbered(10, 20).join(''));
  });

  it('takes every line over many reopens, and leaves no descriptor open', async () => {
    const file = open();
    const before = descriptors();
    for (let round = 0; round < 20; round += 1) {
      file.write(aLine(`line ${round}\n`));
      file.reopen();
    }
    await eventually('old files closed', () => descriptors() <= before);
    expect(content()).to.equal(numbered(20).join(''));
    await file.close();
  });

  it('that can not be opened anew is told, and the old one stays in use', async () => {
    mkdirSync(path('logs'));
    const file = open('logs/monitor.log');
    renameSync(path('logs'), path('moved'));
    file.reopen();
    file.write(aLine('a line\n'));
    expect(content('moved/monitor.log')).to.equal('a line\n');
    expect(told).to.have.length(1);
    expect(told[0]).to.include('the old one stays in use');
    await file.close();
  });

  it('that is closed takes no more, and says nothing', async () => {
    const file = open();
    await file.close();
    file.write(aLine('too late\n'));
    file.reopen();
    await file.close();
    expect(told).to.deep.equal([]);
  });

  describe('is refused in one sentence, and the monitor goes on, where the path is', () => {
    const refused = async (): Promise<void> => {
      const file = open();
      file.write(aLine('a line\n'));
      file.reopen();
      await file.close();
      expect(new Set(told).size).to.equal(1);
      expect(told[0]).to.match(
        /^The log file \S+ can not be opened, the monitor goes on without it: [^\n]+$/,
      );
    };

    it('a link that somebody has planted', async () => {
      writeFileSync(path('victim'), 'untouched');
      symlinkSync(path('victim'), path());
      await refused();
      expect(content('victim')).to.equal('untouched');
    });

    it('a link to nothing, which is not made', async () => {
      symlinkSync(path('absent'), path());
      await refused();
      expect(() => statSync(path('absent'))).to.throw('ENOENT');
    });

    it('a pipe that nobody reads', async () => {
      run('mkfifo', [path()]);
      await refused();
    });

    it('a pipe whose reader could stall', async () => {
      run('mkfifo', [path()]);
      const reader = openSync(path(), constants.O_RDONLY | constants.O_NONBLOCK);
      await refused();
      closeSync(reader);
    });

    it('a directory', async () => {
      mkdirSync(path());
      await refused();
    });

    it('below a directory that is not there', async () => {
      const file = open('absent/monitor.log');
      file.write(aLine('a line\n'));
      await file.close();
      expect(told).to.have.length(1);
    });
  });

  describe('on a disk that is full', function () {
    const lack = firstLack(lacksRoot, lacksMount);
    const BLOCK = 'x'.repeat(1000);

    beforeEach(() => {
      if (lack === undefined) {
        mkdirSync(path('disk'));
        mount('-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path('disk'));
      }
    });
    afterEach(() => {
      if (lack === undefined) {
        run('umount', ['--lazy', path('disk')]);
      }
    });

    /** Leaves room for less than what is written next. */
    const fill = (): void => {
      writeFileSync(path('disk/ballast'), 'b'.repeat(40_000));
    };
    const lines = (count: number): string[] => numbered(count).map((line) => `${BLOCK} ${line}`);

    itWhere(lack, 'tells it once, and writes all lines in order as soon as there is room', async () => {
      fill();
      const file = open('disk/monitor.log');
      write(file, lines(100));
      await settle();
      expect(told).to.have.length(1);
      expect(told[0]).to.match(/^The log file \S+ can not be written, lines are kept until it can: ENOSPC/);
      expect(content('disk/monitor.log').length).to.be.lessThan(40_000);
      rmSync(path('disk/ballast'));
      mount('-o', 'remount,size=1m', path('disk'));
      file.write(aLine('the last line\n'));
      expect(content('disk/monitor.log')).to.equal(`${lines(100).join('')}the last line\n`);
      expect(told).to.have.length(1);
      await file.close();
    });

    itWhere(lack, 'writes what it has kept when it is closed', async () => {
      fill();
      const file = open('disk/monitor.log');
      write(file, lines(50));
      rmSync(path('disk/ballast'));
      await file.close();
      expect(content('disk/monitor.log')).to.equal(lines(50).join(''));
    });

    itWhere(lack, 'holds up neither the loop nor the end', async () => {
      fill();
      const file = open('disk/monitor.log');
      write(file, lines(100));
      // In a process of its own, since what is looked for is an endless loop.
      const script = `
        import { LogFile } from '#src/log/log-file.js';
        const file = new LogFile(${JSON.stringify(path('disk/other.log'))}, () => {});
        for (let line = 0; line < 100; line += 1) file.write({ line: '${BLOCK}\\n' });
        await file.close();
        process.exit(7);`;
      const [command, ...args] = nodeRunning(script);
      const { status } = run(command, args, { timeout: 8000 });
      expect(status).to.equal(7);
    });

    itWhere(lack, 'writes what it has kept to the old file when it is reopened with room', async () => {
      fill();
      const file = open('disk/monitor.log');
      write(file, lines(50));
      renameSync(path('disk/monitor.log'), path('disk/monitor.log.1'));
      rmSync(path('disk/ballast'));
      file.reopen();
      file.write(aLine('new\n'));
      expect(content('disk/monitor.log.1')).to.equal(lines(50).join(''));
      expect(content('disk/monitor.log')).to.equal('new\n');
      await file.close();
    });

    itWhere(lack, 'keeps no more than a megabyte, and says that lines are lost', async () => {
      fill();
      const file = open('disk/monitor.log');
      write(file, lines(1500));
      await settle();
      expect(told.join('\n')).to.include('lines are lost');
    });
  });
});

function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

function mount(...args: readonly string[]): void {
  const { status, stderr } = run('mount', args);
  if (status !== 0) {
    throw new Error(`mount: ${stderr}`);
  }
}
