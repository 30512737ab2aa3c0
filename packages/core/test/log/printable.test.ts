import { printable } from '@memory-monitor/core';
import { expect } from 'chai';
import fc from 'fast-check';

import { printableField } from '#src/log/printable.js';

describe('printable text', () => {
  const escapes: Record<string, readonly [string, string]> = {
    'a line feed': ['a\nb', String.raw`a\x0ab`],
    'a carriage return': ['a\rb', String.raw`a\x0db`],
    'a NUL': ['a\0b', String.raw`a\x00b`],
    'an ANSI escape': ['\u001B[31mred', String.raw`\x1b[31mred`],
    'a control character of the upper half': ['\u009B31m', String.raw`\x9b31m`],
    'a line separator': ['a\u2028b', String.raw`a\u2028b`],
    'a mark that turns the direction': ['evil\u202Etxt', String.raw`evil\u202etxt`],
    'an isolate': ['\u2066x\u2069', String.raw`\u2066x\u2069`],
    'a space of no width': ['ro\u200Bot', String.raw`ro\u200bot`],
    'a lone surrogate': ['a\uD800b', String.raw`a\ud800b`],
  };
  for (const [what, [text, escaped]] of Object.entries(escapes)) {
    it(`shows ${what} as an escape`, () => {
      expect(printable(text)).to.equal(escaped);
    });
  }

  it('leaves what can be printed as it is, in any script', () => {
    const text = 'Größe, 日本語, 👍🏽, DOMAIN\\john (deleted) "x"';
    expect(printable(text)).to.equal(text);
  });

  it('holds nothing that breaks a line, whatever it was made of', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).to.not.match(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u);
      }),
    );
  });
});

describe('a printable field', () => {
  /** Reads a line of `Key=value, Key=value` as a program would: an escaped comma belongs to the value. */
  const fieldsOf = (line: string): string[] =>
    line.match(/(?:\\.|[^,\\])+/gsu)?.map((field) => field.trim()) ?? [];

  it('escapes commas, so that a name can not add a field', () => {
    expect(printableField('x, User=root')).to.equal(String.raw`x\, User=root`);
  });

  it('leaves a backslash as it is where it can do no harm', () => {
    expect(printableField(String.raw`DOMAIN\john`)).to.equal(String.raw`DOMAIN\john`);
  });

  it('is one field, whatever it was made of', () => {
    const text = fc
      .array(fc.constantFrom('a', ',', '\\', ' ', '=', '\n', 'User=root'))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (name) => {
        const fields = fieldsOf(`PID=1, Name=${printableField(name)}, User=john`);
        expect(fields, name).to.have.length(3);
        expect(fields[2]).to.equal('User=john');
      }),
    );
  });
});
