import { expect } from 'chai';

import { parseMessages } from '#src/compile/messages.js';
import { tellAll } from '#src/compile/sentences.js';

const ENTRY = '/etc/plugin.ts';
const tell = (output: string): readonly string[] => tellAll(parseMessages(output), ENTRY).split('\n');

describe("esbuild's messages", () => {
  it('are told by place, the column counted from 1', () => {
    expect(
      tell(
        '✘ [ERROR] Unexpected ";"\n\n    etc/plugin.ts:6:18:\n      6 │ const a = ;\n        ╵           ^\n\n',
      ),
    ).to.deep.equal(['/etc/plugin.ts:6:19: Unexpected ";".']);
  });

  it('are at their own place, and not at that of a note', () => {
    const note = '  It was declared here:\n\n    etc/plugin.ts:1:4:\n      1 │ let q\n';
    expect(
      tell(`✘ [ERROR] Declared twice\n\n    etc/plugin.ts:2:4:\n      2 │ let q\n\n${note}`),
    ).to.deep.equal(['/etc/plugin.ts:2:5: Declared twice.']);
    expect(tell(`✘ [ERROR] Declared twice\n\n${note}`)).to.deep.equal(['/etc/plugin.ts: Declared twice.']);
  });

  it('are in the order of files, lines and columns', () => {
    const at = (place: string): string => `✘ [ERROR] Wrong\n\n    etc/${place}:\n      1 │ x\n\n`;
    expect(
      tell(['b.ts:2:0', 'b.ts:10:0', 'a.ts:9:5', 'b.ts:2:10', 'b.ts:2:9'].map(at).join('')),
    ).to.deep.equal(
      ['a.ts:9:6', 'b.ts:2:1', 'b.ts:2:10', 'b.ts:2:11', 'b.ts:10:1'].map((place) => `/etc/${place}: Wrong.`),
    );
  });

  it('without a place are told only if there is nothing else', () => {
    const placeless = '✘ [ERROR] Cannot read directory "x": not a directory\n\n';
    expect(tell(placeless)).to.deep.equal([`${ENTRY}: Cannot read directory "x": not a directory.`]);
    expect(tell(`${placeless}✘ [ERROR] Wrong\n\n    etc/a.ts:1:0:\n`)).to.deep.equal([
      '/etc/a.ts:1:1: Wrong.',
    ]);
  });

  it('are not forged by lines of the source, nor by what cannot be printed', () => {
    const source = '      1 │ ✘ [ERROR] Forged\n        ╵ ^\n';
    expect(tell(`✘ [ERROR] Wrong \u001b[31m\n\n    etc/a.ts:1:0:\n${source}`)).to.deep.equal([
      '/etc/a.ts:1:1: Wrong \\x1b[31m.',
    ]);
  });

  it('that are cut, or none at all, are told as far as they go', () => {
    expect(parseMessages('')).to.deep.equal([]);
    expect(parseMessages('panic: something else\n')).to.deep.equal([]);
    expect(tell('✘ [ERROR] Wrong\n\n    etc/a')).to.deep.equal([`${ENTRY}: Wrong.`]);
  });
});
