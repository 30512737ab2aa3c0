import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { type Bystander, startBystanders } from './bystanders.js';
import { exchangeGuard, type Guard, installGuards, OURS } from './guards.js';
import { machineImage, runDirectory } from './image.js';
import type { Scenario } from './scenarios.js';
import { traceSignals } from './signals.js';
import { SmallMachine } from './small-machine.js';
import { type Outcome, runTrial } from './trial.js';

const BUNDLE = fileURLToPath(new URL('../../../packages/cli/bundle', import.meta.url));
const BUNDLE_DISK = '200M';
/** At its first scans a guard reads more than later. */
const SETTLE_SECONDS = 15;

/**
 * One machine for all runs: booted once, with both guards installed, and a picture taken of it with each of them running.
 * Each run begins with such a picture, so that none has to live with what the one before has left.
 */
export class MachineBench {
  readonly #machine: SmallMachine;
  readonly #directory: string;
  readonly #bystanders: readonly Bystander[];
  readonly #pictures = new Set<string>([OURS.name]);

  private constructor(machine: SmallMachine, directory: string, bystanders: readonly Bystander[]) {
    this.#machine = machine;
    this.#directory = directory;
    this.#bystanders = bystanders;
  }

  static async open(say: (line: string) => void): Promise<MachineBench> {
    if (!existsSync(BUNDLE)) throw new Error('There is no bundle; run: npm run bundle');
    const image = await machineImage();
    const directory = runDirectory();
    const disk = join(directory, 'bundle.ext4');
    let machine: SmallMachine | undefined;
    try {
      execFileSync('mke2fs', ['-q', '-t', 'ext4', '-d', BUNDLE, disk, BUNDLE_DISK]);
      machine = await SmallMachine.boot(image, disk, directory);
      say(`booted in ${seconds(machine.bootMs)}`);
      const start = performance.now();
      await installGuards(machine);
      await traceSignals(machine);
      const bystanders = await startBystanders(machine);
      await settle(machine);
      await machine.save(OURS.name);
      say(`installed in ${seconds(performance.now() - start)}`);
      return new MachineBench(machine, directory, bystanders);
    } catch (error) {
      await machine?.close();
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  get machine(): SmallMachine {
    return this.#machine;
  }

  async run(guard: Guard, scenario: Scenario, run: number): Promise<Outcome> {
    await this.#restore(guard);
    return runTrial(this.#machine, guard, scenario, run, this.#bystanders);
  }

  async close(): Promise<void> {
    await this.#machine.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #restore(guard: Guard): Promise<void> {
    const isNew = !this.#pictures.has(guard.name);
    await this.#machine.restore(isNew ? OURS.name : guard.name);
    if (!isNew) return;
    await exchangeGuard(this.#machine, guard);
    await settle(this.#machine);
    await this.#machine.save(guard.name);
    this.#pictures.add(guard.name);
  }
}

async function settle(machine: SmallMachine): Promise<void> {
  await machine.succeed(`sleep ${SETTLE_SECONDS}`);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(0)} s`;
}
