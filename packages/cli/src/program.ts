import { DEFAULT_SPOOL } from '@memory-monitor/notifier-email/default-spool';
import { Command, Option } from 'commander';

import { DEFAULT_CONFIG_PATH } from './config/read-configuration.js';
import { DEFAULT_SOCKET } from './control/socket-path.js';
import { packageVersion } from './version.js';

const RUN_HELP = `
Signals:
  SIGTERM, SIGINT  finish the terminations that are under way, then exit
  SIGHUP           read the configuration again, and open the log file anew

Without a configuration file it runs as a dry run, with the defaults.
Try this first, it ends nothing:  memory-monitor run --dry-run`;

/** The command tree. Each command hands its exit status over. */
export function createProgram(setExitCode: (code: number) => void): Command {
  const program = new Command('memory-monitor')
    .description('Ends the processes that take too much memory, before the machine runs out of it.')
    .version(packageVersion())
    .option('--verbose', 'add a stack trace to errors')
    .showHelpAfterError('(memory-monitor --help shows what there is)')
    .exitOverride();
  const config = (): Option =>
    new Option('-c, --config <file>', `configuration in TOML (${DEFAULT_CONFIG_PATH}, if it is there)`);

  program
    .command('run')
    .description('watch the processes of this machine, in the foreground')
    .addOption(config())
    .option('-n, --dry-run', 'end nothing, only say what would be ended')
    .option('--once', 'make one scan, finish its terminations, and exit')
    .addOption(new Option('--log-format <format>', 'how log lines are written').choices(['text', 'json']))
    .addHelpText('after', RUN_HELP)
    .action(async (options: object) => {
      const { run } = await import('./commands/run.js');
      setExitCode(await run(options));
    });

  program
    .command('check')
    .description('say whether the configuration is right, and which of its rules do nothing here')
    .addOption(config())
    .option('--json', 'print the result as JSON')
    .action(async (options: object) => {
      const { check } = await import('./commands/check.js');
      setExitCode(await check(options));
    });

  const socket = (): Option =>
    new Option('--socket <path>', `control socket of the running monitor (${DEFAULT_SOCKET})`);
  const json = (): Option => new Option('--json', 'print the result as JSON');

  program
    .command('explain')
    .description('say what the monitor thinks of a process, and what it would do with it now')
    .argument('<pid>', 'the process')
    .addOption(config())
    .addOption(socket())
    .addOption(json())
    .action(async (pid: string, options: object) => {
      const { explain } = await import('./commands/explain.js');
      setExitCode(await explain(pid, options));
    });

  program
    .command('status')
    .description('say how the running monitor fares')
    .addOption(config())
    .addOption(socket())
    .addOption(json())
    .action(async (options: object) => {
      const { status } = await import('./commands/status.js');
      setExitCode(await status(options));
    });

  program
    .command('plugins')
    .description('list the plugins of the running monitor: where from, hooks, calls, failures, time')
    .addOption(config())
    .addOption(socket())
    .addOption(json())
    .action(async (options: object) => {
      const { plugins } = await import('./commands/status.js');
      setExitCode(await plugins(options));
    });

  program
    .command('plugin')
    .description('work on a plugin of your own')
    .command('new')
    .description('write a plugin with its test, its configuration and a README, to begin with')
    .argument('<name>', 'its name: lower-case letters, digits and dashes')
    .option('-d, --directory <path>', 'where to write it (a directory of that name)')
    .action(async (name: string, options: object) => {
      const { pluginNew } = await import('./commands/plugin-new.js');
      setExitCode(pluginNew(name, options));
    });

  program
    .command('mail')
    .description('deliver the mail that the monitor has written')
    .command('deliver')
    .description('send what is due, and end; the service has a unit that runs this')
    .addOption(new Option('--spool <path>', 'where the monitor writes it').default(DEFAULT_SPOOL))
    .action(async (options: { spool: string }) => {
      const { mailDeliver } = await import('./commands/mail-deliver.js');
      setExitCode(await mailDeliver(options));
    });

  program
    .command('notify')
    .description('try how people are told')
    .command('test')
    .description('send a sample of each kind of mail, and print what the mail server says')
    .addOption(config())
    .option('--to <address>', 'who gets them (the first of the admins)')
    .action(async (options: object) => {
      const { notifyTest } = await import('./commands/notify-test.js');
      setExitCode(await notifyTest(options));
    });

  program
    .command('install')
    .description('install or upgrade the systemd service; a first installation is a dry run')
    .option('--armed', 'arm it at once')
    .option('--own-user', 'let it run as a user of its own, with capabilities instead of as root')
    .option('--as-root', 'let it run as root again')
    .option('-n, --dry-run', 'change nothing, only say which files would be written, and what would be run')
    .option('--root <directory>', 'fill a directory that becomes the root of a machine; start nothing')
    .option('--packaged', 'with --root: as a package of the distribution has it, in /usr')
    .option('--node <path>', 'with --root: where Node will be on that machine')
    .action(async (options: object) => {
      const { install } = await import('./commands/install.js');
      setExitCode(await install(options));
    });

  program
    .command('uninstall')
    .description('remove the service; asks about configuration and logs')
    .option('--purge', 'remove those too, without asking')
    .action(async (options: object) => {
      const { uninstall } = await import('./commands/uninstall.js');
      setExitCode(await uninstall(options));
    });

  for (const [name, isArmed] of [
    ['arm', true],
    ['disarm', false],
  ] as const) {
    program
      .command(name)
      .description(
        isArmed ? 'let the installed service end processes' : 'turn the installed service into a dry run',
      )
      .action(async () => {
        const { arm } = await import('./commands/arm.js');
        setExitCode(await arm(isArmed));
      });
  }
  return program;
}
