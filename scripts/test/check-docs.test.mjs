import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { checkDocs, firstDifference } from '../check-docs.mjs';

describe('the docs check', () => {
  let root;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'check-docs-'));
  });

  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  async function problemsOf(files, options) {
    for (const [file, lines] of Object.entries(files)) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), lines.join('\n'));
    }
    const { problems } = await checkDocs(root, options);
    return problems.map(({ file, line, message }) => `${file}:${line}: ${message.split('\n')[0]}`);
  }

  it('follows relative links and anchors', async () => {
    const problems = await problemsOf({
      'README.md': [
        '[page](docs/page.md#why-not) [itself](#here) [site](https://example.org/) `[code](nowhere)`',
        '# Here',
        '[gone](docs/gone.md), [anchor](docs/page.md#gone)',
        '[reference]: docs/other.md',
      ],
      'docs/page.md': ['## Why `not`?'],
    });
    expect(problems).to.deep.equal([
      'README.md:3: docs/gone.md does not exist',
      'README.md:3: docs/page.md#gone: there is no heading #gone',
      'README.md:4: docs/other.md does not exist',
    ]);
  });

  it('numbers the anchors of equal headings', async () => {
    expect(
      await problemsOf({ 'README.md': ['# Same', '# Same', '[a](#same-1) [b](#same-2)'] }),
    ).to.deep.equal(['README.md:3: #same-2: there is no heading #same-2']);
  });

  it('parses TOML and names the line', async () => {
    const problems = await problemsOf({
      'README.md': ['```toml', 'a = 1', '```', '', '```toml', 'a = 1', 'b = = 2', '```'],
    });
    expect(problems).to.have.lengthOf(1);
    expect(problems[0]).to.match(/^README\.md:7: /);
  });

  it('runs a command, compares what it prints and reports the line that differs', async () => {
    const problems = await problemsOf({
      'README.md': [
        ...['```bash run', 'echo one; echo two', '```', '', '```text output', 'one', 't…', '```'],
        ...['```bash run', 'echo one; echo two', '```', '```text output', 'one', 'three', '```'],
      ],
    });
    expect(problems).to.deep.equal(['README.md:14: expected: three']);
  });

  it('fails for a command that fails, also within a pipe', async () => {
    expect(await problemsOf({ 'README.md': ['```bash run', 'false | cat', '```'] })).to.deep.equal([
      'README.md:1: ended with status 1. It printed nothing.',
    ]);
  });

  it('ends a command that takes too long', async () => {
    expect(
      await problemsOf({ 'README.md': ['```bash run', 'sleep 60 | cat', '```'] }, { timeoutMs: 100 }),
    ).to.deep.equal(['README.md:1: still running after 0.1 s. It printed nothing.']);
  });

  it('runs only what asks for it, and leaves an output block elsewhere alone', async () => {
    const files = {
      'README.md': [
        '```bash',
        'exit 1',
        '```',
        '```bash run',
        'echo hi',
        '```',
        'Text.',
        '```text output',
        'x',
        '```',
      ],
    };
    expect(await problemsOf(files)).to.deep.equal([]);
  });

  it('finds commands of the workspace in node_modules/.bin first', async () => {
    const bin = join(root, 'node_modules/.bin/ls');
    mkdirSync(dirname(bin), { recursive: true });
    writeFileSync(bin, '#!/bin/sh\necho ours\n', { mode: 0o755 });
    expect(
      await problemsOf({ 'README.md': ['```bash run', 'ls', '```', '```text output', 'ours', '```'] }),
    ).to.deep.equal([]);
  });

  it('takes a line of only "…" for any number of lines', () => {
    expect(firstDifference(['a', '…', 'd'], ['a', 'b', 'c', 'd'])).to.equal(undefined);
    expect(firstDifference(['a', '…', 'd'], ['a', 'd'])).to.equal(undefined);
    expect(firstDifference(['a', '…'], ['a'])).to.equal(undefined);
    expect(firstDifference(['a', '…', 'd'], ['a', 'b'])).to.include({ index: 2, expected: 'd' });
    expect(firstDifference(['a'], ['a', 'b'])).to.deep.equal({
      index: 1,
      expected: '(the end)',
      actual: 'b',
    });
  });
});
