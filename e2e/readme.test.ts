// README's commands for the service, run as they stand there, in order, each on a machine that those before it left.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

import { inMachine } from './support/in-machine.js';
import { CLONE, show, WITH_CLONE } from './support/service.js';

const README = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');

/** The blocks of README with this info string, with the heading that each stands below. */
function blocks(info: string): { heading: string; script: string }[] {
  const found: { heading: string; script: string }[] = [];
  const parts = README.split(/^```/m);
  let heading = '';
  parts.forEach((part, index) => {
    if (index % 2 === 0) {
      heading =
        part
          .match(/^#+ .*$/gm)
          ?.at(-1)
          ?.replace(/^#+ /, '') ?? heading;
    } else if (part.startsWith(`${info}\n`)) {
      found.push({ heading, script: part.slice(info.length + 1) });
    }
  });
  return found;
}

inMachine(
  "README's commands",
  (it) => {
    it('are there', async () => {
      await Promise.resolve();
      expect(blocks('bash service').map(({ heading }) => heading)).to.include.members([
        'Install it as a service',
        'Manage the service',
        'The service does not start',
        'Uninstall it',
      ]);
    });

    for (const { script } of blocks('bash interactive')) {
      it(`work until they are interrupted: ${script.trim()}`, async (machine) => {
        await machine.succeed('command -v memory-monitor || bash installer.sh', { cwd: CLONE });
        const { exitCode, stderr } = await machine.run(
          `SUDO_EDITOR=true timeout 2 bash -c '${script.trim()}'`,
        );
        expect([0, 124], stderr).to.include(exitCode);
      });
    }

    for (const { heading, script } of blocks('bash service')) {
      const [firstLine = ''] = script.split('\n');
      it(`work: ${heading}: ${firstLine}`, async (machine) => {
        await machine.succeed(`set -e\n${script}`, { cwd: CLONE });
      });
    }

    it('leave no service behind in the end', async (machine) => {
      expect((await machine.run(['systemctl', 'cat', 'memory-monitor'])).exitCode).to.not.equal(0);
    });

    const [byHand, awayByHand] = blocks('bash by-hand');

    it('install it by hand too, on a machine without the service', async (machine) => {
      await machine.succeed(`set -e\n${byHand?.script ?? 'false'}`, { cwd: CLONE });
      expect(await show(machine, 'StatusText')).to.match(/^Dry run/);
    });

    it('and remove it by hand', async (machine) => {
      await machine.succeed(`set -e\n${awayByHand?.script ?? 'false'}`, { cwd: CLONE });
      expect((await machine.run(['systemctl', 'cat', 'memory-monitor'])).exitCode).to.not.equal(0);
    });
  },
  WITH_CLONE,
);
