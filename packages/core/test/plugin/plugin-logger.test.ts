import type { Logger } from '@memory-monitor/core';
import { expect } from 'chai';

import { pluginLogger } from '#src/plugin/plugin-logger.js';

interface Line {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

describe('the logger of a plugin', () => {
  let lines: Line[];
  let logger: ReturnType<typeof pluginLogger>;
  beforeEach(() => {
    lines = [];
    const method = (level: string) => (fields: Line['fields'], message: string) => {
      lines.push({ level, fields, message });
    };
    const monitors: Logger = {
      debug: method('debug'),
      info: method('info'),
      warn: method('warn'),
      error: method('error'),
    };
    logger = pluginLogger(monitors, 'test');
  });

  /** As plain JavaScript calls it. */
  const log = (...line: unknown[]): Line | undefined => {
    (logger.error as (...line: unknown[]) => void)(...line);
    return lines.at(-1);
  };
  const OWN = { event: 'plugin', plugin: 'test' };

  it('writes at each level, with fields or without', () => {
    logger.debug('a');
    logger.info({ pid: 1 }, 'b');
    logger.warn({ pid: 2 });
    logger.error({}, 'd');
    expect(lines).to.deep.equal([
      { level: 'debug', fields: OWN, message: '[test] a' },
      { level: 'info', fields: { pid: 1, ...OWN }, message: '[test] b' },
      { level: 'warn', fields: { pid: 2, ...OWN }, message: '[test] ' },
      { level: 'error', fields: OWN, message: '[test] d' },
    ]);
  });

  it('leaves out fields that would say whose line it is, when, or how bad', () => {
    const fields = { level: 10, time: 0, msg: 'x', event: 'kill', plugin: 'other', kept: true };
    expect(log(fields, 'a')?.fields).to.deep.equal({ kept: true, ...OWN });
  });

  it('takes __proto__ for a field like any other', () => {
    const fields = JSON.parse('{"__proto__": {"event": "kill"}}') as object;
    expect(log(fields, 'a')?.fields['event']).to.equal('plugin');
  });

  it('writes the message and the stack of an error that it is given in place of fields', () => {
    const error = Object.assign(new Error('no luck'), { code: 'ENOENT' });
    expect(log(error)).to.deep.equal({
      level: 'error',
      fields: { code: 'ENOENT', stack: error.stack, ...OWN },
      message: '[test] no luck',
    });
    expect(log(error, 'while sending')?.message).to.equal('[test] while sending');
  });

  it('writes something for whatever it is given', () => {
    for (const nonsense of [undefined, null, 7, true, Symbol('s'), () => 1, Object.create(null)]) {
      expect(log(nonsense)?.fields).to.deep.equal(OWN);
    }
    expect(log({}, Object.create(null))?.message).to.equal('[test] something that has no text');
    expect(log(7)?.message).to.equal('[test] 7');
  });
});
