import { ConfigurationError, parseConfiguration } from '@memory-monitor/core';
import { expect } from 'chai';
import fc from 'fast-check';

import { fixture } from '../support/fixtures.js';

const TEXTS = ['python-service.toml', 'design.toml'].map(fixture);

/** Parses; whatever is wrong has to be told as mistakes that have a place in the text. */
async function holds(...texts: readonly string[]): Promise<void> {
  try {
    await parseConfiguration(texts.map((text, index) => ({ path: `${index}.toml`, text })));
  } catch (error) {
    if (!(error instanceof ConfigurationError)) {
      throw error;
    }
    expect(error.mistakes).to.not.be.empty;
    for (const { file, line, column, message } of error.mistakes) {
      expect(line).to.be.within(1, (texts[Number.parseInt(file)] ?? '').split('\n').length);
      expect(column).to.be.at.least(1);
      expect(message).to.match(/[.?]$/);
      expect(message).to.not.match(/[\p{Cc}\p{Zl}\p{Zp}]/u);
    }
  }
}

const word = fc.constantFrom(
  ...[
    '[',
    ']',
    '[[',
    ']]',
    '{',
    '}',
    '"',
    "'",
    '"""',
    "'''",
    '=',
    '.',
    ',',
    '#',
    '\n',
    '\r\n',
    '\t',
    ' ',
    '\\',
    '\\u0000',
  ],
  ...[
    'thresholds',
    'whitelist',
    'settings',
    'plugins',
    'names',
    'users',
    'pids',
    'dry_run',
    'use',
    'config',
    'isolate',
  ],
  ...[
    'check_interval',
    '__proto__',
    'constructor',
    '0',
    '-1',
    '1e999',
    'nan',
    'inf',
    'true',
    '0x1F',
    '1979-05-27T07:32:00Z',
  ],
  ...[
    '"/(/"',
    '"\\e\\x41"',
    '"\\u000a"',
    '2000-02-30',
    '07:32',
    '9007199254740993',
    '\uFEFF',
    '\uD800',
    '\u0007',
  ],
);

describe('parsing a configuration', () => {
  it('tells any text as a configuration or as mistakes, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        await holds(text);
      }),
    );
  });

  it('tells any sequence of what TOML is made of as a configuration or as mistakes', async () => {
    const text = fc.array(word, { maxLength: 40 }).map((words) => words.join(''));
    await fc.assert(
      fc.asyncProperty(text, async (text) => {
        await holds(text);
      }),
      { numRuns: 2000 },
    );
  });

  it('tells any table of any values as a configuration or as mistakes', async () => {
    const value = fc.oneof(
      fc.json({ maxDepth: 1 }).map((json) => json.replaceAll('null', '0').replaceAll(':', '=')),
      word,
    );
    const key = fc.constantFrom(
      'thresholds.check_interval',
      'whitelist.names',
      'whitelist',
      'settings.measure',
      'plugins',
    );
    const line = fc.tuple(key, value).map(([name, written]) => `${name} = ${written}`);
    const text = fc.array(line, { maxLength: 5 }).map((lines) => lines.join('\n'));
    await fc.assert(
      fc.asyncProperty(text, text, async (main, dropIn) => {
        await holds(main, dropIn);
      }),
      { numRuns: 1000 },
    );
  });

  it('survives a file that was cut off at any character', async () => {
    for (const text of TEXTS) {
      for (let length = 0; length < text.length; length += 1) {
        await holds(text.slice(0, length));
      }
    }
  });

  it('survives a file in which any one character is missing', async () => {
    for (const text of TEXTS) {
      for (let index = 0; index < text.length; index += 1) {
        await holds(text.slice(0, index) + text.slice(index + 1));
      }
    }
  });
});
