import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

import { useChildren, type Child } from '../support/children.js';
import { eventually } from '../support/eventually.js';
import { itWhere } from '../support/it-where.js';
import { lacksScript } from '../support/lacks.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const FIXTURE = fileURLToPath(import.meta.resolve('../fixtures/write-to-standard-output.js'));
/** Far below what a loop that waits for a reader would show, and above what a busy machine does. */
const LONGEST_STALL_MS = 500;

describe('standard output', () => {
  const directory = useTemporaryDirectory();
  const start = useChildren();

  const report = (): string => join(directory(), 'report');
  const script = (...args: readonly (string | number)[]): string[] => {
    const [lines = 0, bytes = 0, ...more] = args;
    return [FIXTURE, String(lines), String(bytes), report(), ...more.map(String)];
  };
  const said = async (word: string): Promise<number> =>
    await eventually(`"${word}" in the report`, () => {
      try {
        const figure = new RegExp(`^${word} (.*)$`, 'm').exec(readFileSync(report(), 'utf8'))?.[1];
        return figure === undefined ? undefined : Number(figure);
      } catch {
        return undefined;
      }
    });
  /** Everything that a child prints from now on until its end. */
  const readAll = async (child: Child): Promise<string> => {
    let text = '';
    for await (const chunk of child.process.stdout!) {
      text += chunk as string;
    }
    return text;
  };

  it('as a pipe takes every line', async () => {
    const child = start(process.execPath, script(1000, 100));
    const text = await readAll(child);
    expect(text.split('\n').map((line) => line.split(' ')[0])).to.deep.equal([
      ...Array.from({ length: 1000 }, (_, index) => String(index)),
      '',
    ]);
    expect(await child.ended()).to.equal(0);
  });

  it('as a pipe whose reader has stalled neither stalls the loop nor holds up the exit', async () => {
    const child = start(process.execPath, script(4000, 1000));
    expect(await said('wrote')).to.be.lessThan(LONGEST_STALL_MS);
    expect(await said('closed')).to.be.within(290, 3000);
    expect(await child.ended()).to.equal(0);
  });

  it('counts the lines that it has dropped, as soon as somebody reads again', async () => {
    const child = start(process.execPath, script(4000, 1000, 'resumes'));
    await said('wrote');
    let text = '';
    child.process.stdout!.on('data', (chunk: string) => {
      text += chunk;
    });
    await eventually('what was kept', () => text.length > 1_000_000 && text.endsWith('\n'));
    child.process.stdin!.write('go\n');
    expect(await child.ended()).to.equal(0);
    await eventually('the trouble', () => text.endsWith('nobody read them\n'));
    const lines = text.trimEnd().split('\n');
    expect(lines.at(-2)).to.equal('the last line');
    const dropped = Number(/^Standard output dropped (\d+) lines: /.exec(lines.at(-1)!)?.[1]);
    expect(dropped).to.be.greaterThan(1000);
    expect(lines.slice(0, -2).map((line) => Number(line.split(' ')[0]))).to.deep.equal(
      Array.from({ length: 4000 - dropped }, (_, index) => index),
    );
  });

  it('whose reader has gone is harmless', async () => {
    const child = start(process.execPath, script(3000, 1000, 'resumes'));
    child.process.stdout!.destroy();
    await said('wrote');
    child.process.stdin!.write('go\n');
    expect(await child.ended()).to.equal(0);
    expect(await said('closed')).to.be.lessThan(250);
  });

  describe('as a file', () => {
    let fd: number;
    beforeEach(() => {
      fd = openSync(join(directory(), 'output'), 'a+');
    });
    afterEach(() => {
      closeSync(fd);
    });
    const content = (): string => readFileSync(join(directory(), 'output'), 'utf8');
    const run = async (env: NodeJS.ProcessEnv = {}): Promise<void> => {
      const child = start(process.execPath, script(3, 5, 'resumes'), {
        stdio: ['pipe', fd, 'inherit'],
        env: { ...process.env, ...env },
      });
      child.process.stdin!.write('go\n');
      expect(await child.ended()).to.equal(0);
    };

    it('takes every line', async () => {
      await run();
      expect(content()).to.equal('0 xxxxx\n1 xxxxx\n2 xxxxx\nthe last line\n');
    });

    it('says how severe each line is where it leads to the journal', async () => {
      const { dev, ino } = fstatSync(fd);
      await run({ JOURNAL_STREAM: `${dev}:${ino}` });
      expect(content()).to.equal('<6>0 xxxxx\n<6>1 xxxxx\n<6>2 xxxxx\n<4>the last line\n');
    });

    it('does not where something else led to the journal', async () => {
      const { dev, ino } = fstatSync(fd);
      await run({ JOURNAL_STREAM: `${dev}:${ino + 1}` });
      expect(content()).to.not.include('<');
    });
  });

  it('on a disk that is full does not hold up the exit', async () => {
    const fd = openSync('/dev/full', 'w');
    const child = start(process.execPath, script(100, 100), { stdio: ['pipe', fd, 'inherit'] });
    closeSync(fd);
    expect(await said('wrote')).to.be.lessThan(LONGEST_STALL_MS);
    expect(await child.ended()).to.equal(0);
  });

  itWhere(lacksScript, 'as a terminal that is stopped stalls neither the loop nor the exit', async () => {
    const command = [process.execPath, ...script(3000, 1000)].join(' ');
    // Nobody reads what `script` prints: it stops reading from the terminal, and the terminal is full soon.
    start('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null']);
    expect(await said('wrote')).to.be.lessThan(LONGEST_STALL_MS);
    expect(await said('closed')).to.be.within(290, 3000);
  });

  itWhere(lacksScript, 'as a terminal takes every line', async () => {
    const command = [process.execPath, ...script(200, 20)].join(' ');
    const child = start('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null']);
    const text = await readAll(child);
    expect(text.match(/^\d+ x{20}\r$/gm)).to.have.length(200);
  });

  itWhere(lacksScript, 'as a terminal that is closed says so, and does not hold up the exit', async () => {
    const command = [process.execPath, ...script(3, 5, 'resumes')].join(' ');
    const child = start('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null']);
    await said('wrote');
    child.process.kill('SIGKILL');
    expect(await said('closed')).to.be.lessThan(3000);
    expect(readFileSync(report(), 'utf8')).to.include('terminal gone');
  });
});
