import { parseFromChild, type FromChild } from '@memory-monitor/core';
import { expect } from 'chai';
import fc from 'fast-check';

describe('what comes from the process of a plugin', () => {
  const messages: FromChild[] = [
    { type: 'taken', sequence: 1 },
    { type: 'loaded', description: { name: 'a', needs: ['network'] } },
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
    nothing: null,
  };
  for (const [what, message] of Object.entries(refused)) {
    it(`is refused if it is ${what}`, () => {
      expect(parseFromChild(message)).to.equal(undefined);
    });
  }

  it('never breaks whoever reads it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        parseFromChild(value);
      }),
    );
  });
});
