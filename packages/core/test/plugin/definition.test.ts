import { API_VERSION, checkDefinition, MonitorError } from '@memory-monitor/core';
import { expect } from 'chai';

const GOOD = { name: 'good', apiVersion: API_VERSION, setup: () => {} };

describe('the definition of a plugin', () => {
  it('is taken as it is', () => {
    expect(checkDefinition(GOOD, './good.ts')).to.equal(GOOD);
  });

  it('of another API version is refused, with both numbers', () => {
    expect(() => checkDefinition({ ...GOOD, apiVersion: 2 }, './good.ts'))
      .to.throw(MonitorError, /good \(\.\/good\.ts\) has apiVersion 2, and this monitor speaks 1/)
      .with.property('code', 'MM_ERR_PLUGIN_API_VERSION');
  });

  const broken: Record<string, unknown> = {
    nothing: undefined,
    null: null,
    'a function': () => {},
    'a plugin without setup': { name: 'x', apiVersion: 1 },
    'a name that would forge a line': { ...GOOD, name: 'a\nb' },
    'an empty name': { ...GOOD, name: '' },
    'a name of a hundred letters': { ...GOOD, name: 'x'.repeat(100) },
    'a need that there is not': { ...GOOD, needs: ['root'] },
    'needs that are no list': { ...GOOD, needs: 'network' },
    'a version that is no text': { ...GOOD, version: 1 },
    'a version that would forge a line': { ...GOOD, version: '1.0\n2026 - INFO' },
    'a version that is a novel': { ...GOOD, version: '1'.repeat(65) },
    'a config that is no schema': { ...GOOD, config: { type: 'object' } },
  };
  for (const [what, definition] of Object.entries(broken)) {
    it(`is refused if it is ${what}, and the file is named`, () => {
      expect(() => checkDefinition(definition, './broken.ts'))
        .to.throw(MonitorError, /^\.\/broken\.ts is no plugin: .*\.$/)
        .with.property('code', 'MM_ERR_PLUGIN_INVALID');
    });
  }
});
