import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

import { toml } from '../support/config.js';
import { inNamespace } from '../support/in-namespace.js';
import { placeFixture } from '../support/plugin-fixtures.js';

/** Less than the smallest thing that a reload could leave behind each time, and more than the heap's own ups and downs. */
const MOST_LEFT_BYTES = 400 * 1024;

const PROGRAM = fileURLToPath(new URL('../programs/reloads.js', import.meta.url));

interface Report {
  readonly reloads: number;
  readonly heapBytes: number;
  readonly instances: number;
  readonly resources: Readonly<Record<string, number>>;
  readonly listeners: Readonly<Record<string, number>>;
  readonly descriptors: number;
}

describe('a plugin that has been disposed of', () => {
  inNamespace('leaves nothing behind: after a thousand reloads all is as after five hundred', async (ns) => {
    const use = placeFixture(ns, 'tidy');
    const config = ns.path('config.toml');
    writeFileSync(
      config,
      toml({
        thresholds: { check_interval: 3600, ram_gb_threshold: 1000 },
        plugins: [{ use }, { use }],
        settings: { state_directory: ns.path('state') },
      }),
    );
    const program = await ns.start({
      file: process.execPath,
      // Compiled code counts as heap, and goes on growing for thousands of reloads: without it, objects are what counts.
      args: ['--expose-gc', '--no-opt', '--no-sparkplug', PROGRAM, config, '50', '500', '1000'],
    });
    expect(await program.ended()).to.include({ code: 0 });
    const [early, middle, late] = program.lines.map((line) => JSON.parse(line) as Report) as [
      Report,
      Report,
      Report,
    ];
    const figures = [early, middle, late].map(
      ({ reloads, heapBytes, instances }) =>
        `${reloads}: ${(heapBytes / 1024).toFixed(0)} KiB, ${instances} instances`,
    );
    process.stdout.write(`      heap after reloads ${figures.join('; ')}\n`);
    expect(late.heapBytes - middle.heapBytes, 'bytes that 500 reloads leave').to.be.below(MOST_LEFT_BYTES);
    expect(late.instances).to.be.at.most(middle.instances);
    expect(late.resources).to.deep.equal(middle.resources);
    expect(late.listeners).to.deep.equal(middle.listeners);
    expect(late.descriptors).to.equal(middle.descriptors);
  });
});
