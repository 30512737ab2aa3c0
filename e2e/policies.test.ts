// Policies by user in the installed service: who may take how much, and who goes first.
import { expect } from 'chai';

import type { Background, Machine } from './support/machine.js';
import { inMachine } from './support/in-machine.js';
import { installArmed, isRunning, logged, show, startHog, WITH_CLONE } from './support/service.js';
import { waitFor } from './support/wait-for.js';

const CONFIG = '/etc/memory-monitor/conf.d/20-policies.toml';

const USERS = `[thresholds]
ram_gb_threshold = 0.25
[[plugins]]
use = "@memory-monitor/policy-schedule"
[[plugins.config.windows]]
name = "always"
time = "00:00-24:00"
check_interval = 0.5
[[plugins.config.windows]]
name = "never"
dates = "2001-01-01"
suspend = true

[[plugins]]
use = "@memory-monitor/policy-user"
[[plugins.config.rules]]
name = "at no time"
users = ["*"]
during = "never"
ram_gb_threshold = 0.01
[[plugins.config.rules]]
name = "guests of honour"
users = ["dave"]
exempt = true
[[plugins.config.rules]]
name = "students"
groups = ["students"]
during = "always"
ram_gb_threshold = 0.6
together_gb_threshold = 0.9
warn_percent = 60
first = "newest"
[[plugins.config.rules]]
name = "staff"
users = ["car*"]
ram_gb_threshold = 0.2
`;
const lineOf = (name: string): number => USERS.split('\n').findIndex((line) => line === `name = "${name}"`);

/** All lines of the log about a process that are like this. */
async function toldOf(machine: Machine, { pid }: Background, text: string): Promise<string[]> {
  return (await logged(machine, `PID=${pid},`)).filter((line) => line.includes(text));
}

async function isEnded(machine: Machine, hog: Background): Promise<void> {
  await waitFor(async () => !(await isRunning(machine, hog)), 'the process to be ended');
  expect(await hog.ended).to.include({ signal: 'SIGTERM' });
}

/** Until its memory is free again it counts. */
async function end(...hogs: readonly Background[]): Promise<void> {
  for (const hog of hogs) {
    hog.kill();
  }
  await Promise.all(hogs.map(({ ended }) => ended));
}

inMachine(
  'policies in the installed service',
  (it) => {
    it('are what "check" reads, and it says which of their rules can do nothing', async (machine) => {
      await machine.succeed(
        'groupadd students; for user in bob carol dave; do useradd --create-home $user; done; usermod -aG students alice; usermod -aG students bob',
      );
      await installArmed(machine);
      await machine.write(
        CONFIG,
        `${USERS}[[plugins.config.rules]]\nname = "late"\nusers = ["carol"]\nexempt = true\n`,
      );
      const { stdout, stderr } = await machine.run(['memory-monitor', 'check']);
      expect(stdout).to.match(/armed; .*, 2 plugins\.\n$/);
      expect(`${stdout}${stderr}`).to.match(
        /rule "late" \(\S+20-policies\.toml:\d+\) never counts: rule "staff" \(\S+\) comes first/,
      );
      await machine.write(CONFIG, USERS);
      await machine.succeed(['systemctl', 'reload', 'memory-monitor']);
      await waitFor(async () => (await logged(machine, 'window "always"')).length > 0, 'the schedule');
      expect(await show(machine, 'ActiveState')).to.equal('active');
    });

    it('end one user who is over the limit of the rule, and not another under another rule', async (machine) => {
      const bystander = await startHog(machine, { user: 'alice' });
      const exempt = await startHog(machine, { user: 'dave' });
      const hog = await startHog(machine, { user: 'carol' });
      await isEnded(machine, hog);
      const [line = ''] = await toldOf(machine, hog, 'Limit=');
      expect(line).to.include(`rule "staff" (${CONFIG}:${lineOf('staff')})`);
      expect([await isRunning(machine, bystander), await isRunning(machine, exempt)]).to.deep.equal([
        true,
        true,
      ]);
      const explained = await machine.succeed(['memory-monitor', 'explain', String(exempt.pid)]);
      expect(explained).to.include(`rule "guests of honour" (${CONFIG}:${lineOf('guests of honour')})`);
      await end(bystander, exempt);
    });

    it('warn below the limit, and end above it', async (machine) => {
      const near = await startHog(machine, { user: 'alice', megabytes: 400 });
      const over = await startHog(machine, { user: 'bob', megabytes: 700 });
      await isEnded(machine, over);
      await waitFor(async () => (await toldOf(machine, near, 'warns from 60%')).length > 0, 'the warning');
      expect((await toldOf(machine, near, 'warns from 60%'))[0]).to.include(`rule "students" (${CONFIG}:`);
      expect(await isRunning(machine, near)).to.equal(true);
      await end(near);
    });

    it('end the newest when users of a group are over their limit together', async (machine) => {
      const [first, second] = [
        await startHog(machine, { user: 'alice' }),
        await startHog(machine, { user: 'bob' }),
      ];
      const other = await startHog(machine, { user: 'dave' });
      const newest = await startHog(machine, { user: 'alice', megabytes: 350 });
      await isEnded(machine, newest);
      const [line = ''] = await toldOf(machine, newest, 'together');
      expect(line).to.include(`rule "students" (${CONFIG}:${lineOf('students')})`);
      for (const hog of [first, second, other]) {
        expect(await isRunning(machine, hog)).to.equal(true);
      }
      await end(first, second, other);
    });
  },
  WITH_CLONE,
);
