import type { Limits } from '@memory-monitor/core';
import { expect } from 'chai';
import fc from 'fast-check';

import { effectiveLimit, limitsOfOne, type Limit } from '#src/decision/limits.js';
import { GB, PAGE_BYTES } from '../support/hogs.js';

const SAMPLE = { pid: 1000, startTime: 1, uid: 1000, rssBytes: 0, sharedBytes: 0 };
const RAM_BYTES = 16 * GB;
const ignore = (): void => {};

function overriddenLimit(
  limits: Limits,
  overrides: Parameters<typeof limitsOfOne>[1],
  sample: typeof SAMPLE,
  ramBytes: number,
): Limit {
  return limitsOfOne(limits, overrides, sample, ramBytes, ignore).limit;
}

const LIMITS: Limits = { percentOfRam: 10, bytes: 2 * GB };

describe('limits', () => {
  describe('of all processes', () => {
    it('are the percentage where that is less', () => {
      expect(effectiveLimit({ percentOfRam: 10, bytes: 2 * GB }, 10 * GB)).to.deep.equal({
        limitBytes: GB,
        rule: 'ram_percent_threshold',
      });
    });

    it('are the bytes where they are less', () => {
      expect(effectiveLimit({ percentOfRam: 10, bytes: 2 * GB }, 40 * GB)).to.deep.equal({
        limitBytes: 2 * GB,
        rule: 'ram_gb_threshold',
      });
    });

    it('are exact to the byte for every whole percentage of any RAM', () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 0, max: 100 }),
          fc.integer({ min: 1, max: 2 ** 24 }),
          (percentOfRam, pages) => {
            const { limitBytes } = effectiveLimit(
              { percentOfRam, bytes: Infinity },
              100 * pages * PAGE_BYTES,
            );
            expect(limitBytes).to.equal(percentOfRam * pages * PAGE_BYTES);
          },
        ),
      );
    });
  });

  describe('of one process', () => {
    const sets = (plugin: string, change: Partial<Limits> | undefined) => ({
      plugin,
      limitsFor: () => change,
    });

    it('are those of all where no plugin has an opinion', () => {
      expect(overriddenLimit(LIMITS, [sets('silent', undefined)], SAMPLE, RAM_BYTES)).to.deep.equal(
        effectiveLimit(LIMITS, RAM_BYTES),
      );
    });

    it('are named after the plugin that changed the one that counts', () => {
      const limit = overriddenLimit(LIMITS, [sets('strict', { bytes: GB })], SAMPLE, RAM_BYTES);
      expect(limit).to.deep.equal({ limitBytes: GB, rule: 'plugin:strict', ruleReason: undefined });
    });

    it('keep the rule of the configuration where the changed one does not count', () => {
      const limit = overriddenLimit(LIMITS, [sets('lenient', { bytes: 9 * GB })], SAMPLE, RAM_BYTES);
      expect(limit).to.deep.equal({ limitBytes: 0.1 * RAM_BYTES, rule: 'ram_percent_threshold' });
    });

    it('are those of the last plugin that spoke', () => {
      const overrides = [
        sets('first', { bytes: 0.5 * GB }),
        sets('last', { bytes: GB }),
        sets('silent', undefined),
      ];
      expect(overriddenLimit(LIMITS, overrides, SAMPLE, RAM_BYTES)).to.deep.equal({
        limitBytes: GB,
        rule: 'plugin:last',
        ruleReason: undefined,
      });
    });

    it('can be lifted altogether', () => {
      const overrides = [sets('free', { bytes: Infinity, percentOfRam: Infinity })];
      expect(overriddenLimit(LIMITS, overrides, SAMPLE, RAM_BYTES).limitBytes).to.equal(Infinity);
    });

    it('are asked with the sample of that process', () => {
      const asked: unknown[] = [];
      const override = {
        plugin: 'curious',
        limitsFor: (sample: unknown) => {
          asked.push(sample);
          return undefined;
        },
      };
      overriddenLimit(LIMITS, [override], SAMPLE, RAM_BYTES);
      expect(asked).to.deep.equal([SAMPLE]);
    });
  });
});
