import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { FakeProc } from '../support/fake-proc.js';
import { itWhere } from '../support/it-where.js';
import { lacksKoffi } from '../support/lacks.js';
import { nodeRunning, run } from '../support/run.js';
import { IN_MEMORY, useTemporaryDirectory } from '../support/temporary-directory.js';

const FEW = 20;
const MANY = 420;
/** For each process and scan: the smallest object takes 16, and a path as a string each time one is read again, 5. */
const MOST_BYTES = 4;

describe('a quiet scan', function () {
  this.timeout(120_000);
  const directory = useTemporaryDirectory(IN_MEMORY);

  /** Bytes of garbage of one scan, once everything is known and compiled: of ten rounds, the one with the least. A young generation that never fills keeps all of it. */
  const garbageOfScan = (processes: number, most: number): number => {
    const root = join(directory(), String(processes));
    mkdirSync(root);
    const proc = new FakeProc(root);
    for (let pid = 10; pid < 10 + processes; pid += 1) {
      proc.add({ pid });
    }
    const script = `
      import { LiveThreads } from '#src/proc/live-threads.js';
      import { ProcReader } from '#src/proc/proc-reader.js';
      import { Scanner } from '#src/scan/scanner.js';
      const reader = new ProcReader();
      const scanner = new Scanner(reader, process.env.ROOT, new LiveThreads(reader, process.env.ROOT), () => ${most});
      for (let count = 0; count < 400; count += 1) {
        scanner.scan(1e12);
        await new Promise((resolve) => setImmediate(resolve));
      }
      let least = Infinity;
      for (let round = 0; round < 10; round += 1) {
        gc();
        const before = process.memoryUsage().heapUsed;
        for (let count = 0; count < 320; count += 1) scanner.scan(1e12);
        least = Math.min(least, (process.memoryUsage().heapUsed - before) / 320);
        await new Promise((resolve) => setImmediate(resolve));
      }
      console.log(least);`;
    const [node, ...args] = nodeRunning(script);
    // Code that counts its lines is other code.
    const env = { ...process.env, ROOT: proc.root, NODE_V8_COVERAGE: undefined };
    const flags = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];
    const { stdout, stderr } = run(node, [...flags, ...args], { env });
    expect(stderr).to.equal('');
    return Number(stdout);
  };

  for (const [most, which] of [
    [4096, 'are held'],
    [0, 'are not'],
  ] as const) {
    itWhere(lacksKoffi, `makes no garbage for each process, of those that ${which}`, async () => {
      const each = (garbageOfScan(MANY, most) - garbageOfScan(FEW, most)) / (MANY - FEW);
      expect(each).to.be.lessThan(MOST_BYTES);
    });
  }
});
