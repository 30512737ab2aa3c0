import { expect } from 'chai';

import { createProgram } from '#src/program.js';

function parse(...args: string[]): Promise<unknown> {
  const program = createProgram(() => {});
  for (const command of [program, ...program.commands]) {
    command.configureOutput({ writeErr: () => {}, writeOut: () => {} }).exitOverride();
  }
  return program.parseAsync(['node', 'memory-monitor', ...args]).then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('the command tree', () => {
  it('has the commands of section 8 that there are so far, each with a description', () => {
    const { commands } = createProgram(() => {});
    expect(commands.map((command) => command.name())).to.deep.equal([
      'run',
      'check',
      'explain',
      'status',
      'plugins',
      'plugin',
      'mail',
      'notify',
      'install',
      'uninstall',
      'arm',
      'disarm',
    ]);
    for (const command of commands) {
      expect(command.description()).to.not.equal('');
    }
  });

  it('takes the options of section 8 of the design', () => {
    const options = Object.fromEntries(
      createProgram(() => {})
        .commands.flatMap((command) => [command, ...command.commands])
        .map((command) => [command.name(), command.options.map(({ long }) => long)]),
    );
    expect(options).to.deep.equal({
      run: ['--config', '--dry-run', '--once', '--log-format'],
      check: ['--config', '--json'],
      explain: ['--config', '--socket', '--json'],
      status: ['--config', '--socket', '--json'],
      plugins: ['--config', '--socket', '--json'],
      plugin: [],
      new: ['--directory'],
      mail: [],
      deliver: ['--spool'],
      notify: [],
      test: ['--config', '--to'],
      install: ['--armed', '--own-user', '--as-root', '--dry-run', '--root', '--packaged', '--node'],
      uninstall: ['--purge'],
      arm: [],
      disarm: [],
    });
  });

  it('refuses a log format that there is not, an unknown option and an unknown command', async () => {
    expect(await parse('run', '--log-format', 'xml')).to.include({ code: 'commander.invalidArgument' });
    expect(await parse('run', '--force')).to.include({ code: 'commander.unknownOption' });
    expect(await parse('rum')).to.include({ code: 'commander.unknownCommand' });
    expect(await parse('run', 'now')).to.include({ code: 'commander.excessArguments' });
  });
});
