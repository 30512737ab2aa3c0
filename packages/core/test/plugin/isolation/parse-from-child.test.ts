import { parseFromChild, type FromChild } from '@memory-monitor/core';
import { expect } from 'chai';
import fc from 'fast-check';

describe('what comes from the process of a plugin', () => {
  const messages: FromChild[] = [
    { type: 'taken', sequence: 1 },
    { type: 'loaded', description: { name: 'a', needs: ['network'] } },
    { type: 'loaded', description: { name: 'a', version: '1.2.3-rc.1+build_7', needs: [] } },
    { type: 'misconfigured', issues: [{ path: ['a', 0], message: 'b' }] },
    { type: 'refused', code: 'MM_ERR_PLUGIN_SETUP', message: 'no' },
    { type: 'ready', hooks: { events: ['kill'], asked: [{ hook: 'decide', deadlineMs: 5 }] } },
    { type: 'answer', id: 1, answer: { any: ['thing'] } },
    { type: 'answer', id: 1 },
    { type: 'failed', id: 2, hook: 'decide', failure: { message: 'x', stack: 'y' } },
    { type: 'log', level: 'info', fields: { a: 1 }, message: 'm' },
    { type: 'disposed' },
  ];
  for (const message of messages) {
    it(`may be ${JSON.stringify(message)}`, () => {
      expect(parseFromChild(JSON.parse(JSON.stringify(message)))).to.deep.equal(message);
    });
  }

  const refused: Record<string, unknown> = {
    'a hook that there is not': { type: 'failed', hook: 'provide:x', failure: { message: 'x' } },
    'a failure without a message': { type: 'failed', hook: 'decide', failure: null },
    'a level that there is not': { type: 'log', level: 'constructor', fields: {}, message: 'm' },
    'a name that would forge a line': { type: 'loaded', description: { name: 'a\nb', needs: [] } },
    'a code that there is not': { type: 'refused', code: 'MM_ERR_X', message: 'no' },
    'an event that there is not': { type: 'ready', hooks: { events: ['kills'], asked: [] } },
    'a version that would forge a line': {
      type: 'loaded',
      description: { name: 'a', version: '1\n2', needs: [] },
    },
    'a version that would colour a terminal': {
      type: 'loaded',
      description: { name: 'a', version: '\u001b[31m1', needs: [] },
    },
    'a version that is a novel': {
      type: 'loaded',
      description: { name: 'a', version: '1'.repeat(65), needs: [] },
    },
    nothing: null,
  };
  for (const [what, message] of Object.entries(refused)) {
    it(`is refused if it is ${what}`, () => {
      expect(parseFromChild(message)).to.equal(undefined);
    });
  }

  it('can not forge, hide or colour a line, whichever text it is', () => {
    const hostile = 'a\n2026 - INFO - all is well\u001b[2J\u202e';
    const escaped = 'a\\x0a2026 - INFO - all is well\\x1b[2J\\u202e';
    const told: readonly (readonly [object, object])[] = [
      [
        { type: 'refused', code: 'MM_ERR_PLUGIN_SETUP', message: hostile },
        { type: 'refused', code: 'MM_ERR_PLUGIN_SETUP', message: escaped },
      ],
      [
        { type: 'log', level: 'info', fields: {}, message: hostile },
        { type: 'log', level: 'info', fields: {}, message: escaped },
      ],
      [
        { type: 'misconfigured', issues: [{ path: [hostile, 1], message: hostile }] },
        { type: 'misconfigured', issues: [{ path: [escaped, 1], message: escaped }] },
      ],
      [
        {
          type: 'failed',
          hook: 'decide',
          failure: { message: hostile, stack: 'Error: x\n    at \u001b[2J' },
        },
        { type: 'failed', hook: 'decide', failure: { message: escaped, stack: 'Error: x\n    at \\x1b[2J' } },
      ],
    ];
    for (const [sent, taken] of told) {
      expect(parseFromChild(sent)).to.deep.equal(taken);
    }
  });

  it('never breaks whoever reads it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        parseFromChild(value);
      }),
    );
  });
});
