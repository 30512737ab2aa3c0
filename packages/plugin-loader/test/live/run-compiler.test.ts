import { readFileSync, writeFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { runCompiler, type CompilerResult } from '#src/compile/run-compiler.js';
import { rejection } from '../support/rejection.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

describe('the compiler as a process', () => {
  const directory = useTemporaryDirectory();

  const shell = async (script: string, input = '', deadlineMs = 10_000): Promise<CompilerResult> =>
    await runCompiler({
      program: '/bin/sh',
      args: ['-c', script],
      directory: directory(),
      input,
      deadlineMs,
    });

  it('gets its input, and gives what it has told and whether it succeeded', async () => {
    expect(await shell('cat >&2; echo ignored', 'text')).to.deep.equal({
      hasSucceeded: true,
      messages: 'text',
    });
    expect(await shell('echo "✘" >&2; exit 1')).to.deep.equal({ hasSucceeded: false, messages: '✘\n' });
  });

  it('runs where it is told to, without any environment', async () => {
    process.env['A_SECRET_OF_THE_MONITOR'] = 'yes';
    const { messages } = await runCompiler({
      program: '/usr/bin/env',
      args: ['--', 'sh', '-c', 'pwd >&2; env >&2'],
      directory: directory(),
      input: '',
      deadlineMs: 10_000,
    });
    delete process.env['A_SECRET_OF_THE_MONITOR'];
    expect(messages).to.contain(directory());
    // Node itself hands this one on, to measure coverage; the others are the shell's own.
    expect(
      messages
        .split('\n')
        .filter((line) => /^\w+=/.test(line) && !/^(?:PWD|OLDPWD|SHLVL|_|NODE_V8_COVERAGE)=/.test(line)),
    ).to.deep.equal([]);
  });

  it('is ended at the deadline', async () => {
    const message = await rejection('MM_ERR_PLUGIN_COMPILE', () =>
      shell('echo $$ > pid; exec sleep 1000', '', 500),
    );
    expect(message).to.contain('was not done after 0.5 s');
    const pid = readFileSync(join(directory(), 'pid'), 'utf8').trim();
    expect(existsSync(`/proc/${pid}`)).to.equal(false);
  });

  it('that something else has ended is told so', async () => {
    expect(await rejection('MM_ERR_PLUGIN_COMPILE', () => shell('kill -9 $$'))).to.contain(
      'was ended by SIGKILL',
    );
  });

  it('that can not be started is told so', async () => {
    const program = join(directory(), 'compiler');
    writeFileSync(program, '', { mode: 0o644 });
    const start = (): unknown =>
      runCompiler({ program, args: [], directory: '/', input: 'x', deadlineMs: 1000 });
    expect(await rejection('MM_ERR_PLUGIN_COMPILE', start)).to.contain(`${program}, can not be run: spawn`);
  });

  it('may tell more than anybody reads, and leave its input unread', async () => {
    const { hasSucceeded, messages } = await shell('head -c 3000000 /dev/zero >&2', 'x'.repeat(1_000_000));
    expect(hasSucceeded).to.equal(true);
    expect(messages.length).to.be.within(256 * 1024, 512 * 1024);
  });
});
