import { BlackBox } from '@memory-monitor/linux';
import { expect } from 'chai';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { useTemporaryDirectory } from '../support/temporary-directory.js';

const LINUX = import.meta.resolve('@memory-monitor/linux');

describe('the black box', () => {
  const directory = useTemporaryDirectory();
  const path = (): string => join(directory(), 'running');
  const program = (body: string): string[] => [
    '--input-type=module',
    '--eval',
    `import { BlackBox } from ${JSON.stringify(LINUX)};
     const box = await BlackBox.open(${JSON.stringify(path())});
     ${body}`,
  ];

  it('has nothing to tell the first time', async () => {
    expect((await BlackBox.open(path())).lastWords).to.equal(undefined);
  });

  it('knows whose code was running when the process was killed, and when its loop came round last', async () => {
    const fromMs = BlackBox.nowMs();
    const child = spawn(
      process.execPath,
      program("box.beat(); box.isShort = true; box.running = 7; process.stdout.write('ready\\n'); for (;;);"),
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { lastWords } = await BlackBox.open(path());
    expect(lastWords).to.include({ running: 7, isOver: false, wasShort: true });
    expect(lastWords?.beatMs).to.be.within(fromMs, BlackBox.nowMs());
  });

  it('knows that a process has ended in order', async () => {
    spawnSync(process.execPath, program('box.running = 7; box.end();'));
    expect((await BlackBox.open(path())).lastWords).to.deep.equal({
      running: 0,
      isOver: true,
      wasShort: false,
      beatMs: 0,
    });
  });

  it('is empty for the one who opens it', async () => {
    spawnSync(process.execPath, program('box.running = 7;'));
    await BlackBox.open(path());
    const { lastWords } = await BlackBox.open(path());
    expect(lastWords).to.deep.equal({ running: 0, isOver: false, wasShort: false, beatMs: 0 });
  });

  it('takes a file of another length for none', async () => {
    writeFileSync(path(), 'half');
    expect((await BlackBox.open(path())).lastWords).to.equal(undefined);
    expect(readFileSync(path())).to.have.lengthOf(16);
  });

  it('follows no link', async () => {
    const target = join(directory(), 'target');
    writeFileSync(target, 'precious');
    symlinkSync(target, path());
    const failure = await BlackBox.open(path()).then(
      () => undefined,
      (error: unknown) => error as NodeJS.ErrnoException,
    );
    expect(failure?.code).to.equal('ELOOP');
    expect(readFileSync(target, 'utf8')).to.equal('precious');
  });
});
