import { type BootOptions, Machine } from './machine.js';
import { obstacle } from './prerequisites.js';

/** The first root file system takes minutes, once. */
const FIRST_BOOT_TIMEOUT_MS = 900_000;

export type MachineTest = (title: string, test: (machine: Machine) => Promise<void>) => void;

/**
 * Tests that share one machine, booted before the first and gone after the last; in order, each sees what those before
 * it left. Each is skipped, with the reason, where no machine can boot.
 */
export function inMachine(title: string, tests: (it: MachineTest) => void, options: BootOptions = {}): void {
  describe(title, () => {
    if (obstacle !== undefined) {
      tests((name) => it.skip(`${name} (skipped: ${obstacle})`));
      return;
    }
    let machine: Machine | undefined;
    before(async function () {
      this.timeout(FIRST_BOOT_TIMEOUT_MS);
      machine = await Machine.boot(options);
      process.stdout.write(`    booted in ${machine.bootMs.toFixed(0)} ms, ${machine.state}\n`);
    });
    after(async () => {
      await machine?.close();
    });
    tests((name, test) =>
      it(name, async () => {
        if (machine === undefined) throw new Error('before has booted it');
        try {
          await test(machine);
        } catch (error) {
          if (error instanceof Error) error.message += `\n${await machine.diagnose()}`;
          throw error;
        }
      }),
    );
  });
}
