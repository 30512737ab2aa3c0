import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { commandTree } from '../documents/commands.mjs';
import { completions } from '../documents/completions.mjs';
import { manPages } from '../documents/man.mjs';

const has = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
const itWith = (program, title, body) =>
  has(program) ? it(title, body) : it.skip(`${title} (skipped: there is no ${program} here)`, body);

describe('the documents of the commands', function () {
  this.timeout(30_000);
  let directory;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'documents-'));
  });

  after(() => {
    rmSync(directory, { recursive: true });
  });

  function written(name, content) {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  }

  describe('as man pages', () => {
    const pages = manPages('1.2.3', '2026-01-01');

    it('are one for each command', () => {
      expect(Object.keys(pages)).to.deep.equal(commandTree().map(({ words }) => `${words.join('-')}.8`));
    });

    it('name every option', () => {
      for (const { words, options } of commandTree()) {
        const page = pages[`${words.join('-')}.8`].replaceAll('\\-', '-');
        for (const { flags } of options) {
          expect(page, words.join(' ')).to.include(`.B ${flags}`);
        }
      }
    });

    itWith('groff', 'are rendered without a warning', () => {
      const files = Object.entries(pages).map(([name, content]) => written(name, content));
      const { stderr, stdout } = spawnSync('groff', ['-man', '-Tutf8', '-ww', ...files], {
        encoding: 'utf8',
      });
      expect(stderr).to.equal('');
      expect(stdout.length).to.be.greaterThan(5000);
    });
  });

  describe('as completions of bash', () => {
    function completed(...line) {
      const script = written('bash', completions().bash);
      const program = `source '${script}'; COMP_WORDS=(${line.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${line.length - 1}; _memory_monitor; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const output = execFileSync('bash', ['--norc', '-c', program], { encoding: 'utf8', cwd: directory });
      return output.split('\n').filter((word) => word !== '');
    }

    itWith('bash', 'know the commands, and their options', () => {
      expect(completed('memory-monitor', 'expl')).to.deep.equal(['explain']);
      expect(completed('memory-monitor', 'pl')).to.deep.equal(['plugins', 'plugin']);
      expect(completed('memory-monitor', 'plugin', ''))
        .to.include('new')
        .and.not.include('run');
      expect(completed('memory-monitor', 'run', '--dr')).to.deep.equal(['--dry-run']);
      expect(completed('memory-monitor', 'plugin', 'new', '--d')).to.deep.equal(['--directory']);
      expect(completed('memory-monitor', 'status', '--p')).to.deep.equal([]);
    });

    itWith('bash', 'know what the value of an option can be', () => {
      written('mine.toml', '');
      expect(completed('memory-monitor', 'run', '--log-format', '')).to.deep.equal(['text', 'json']);
      expect(completed('memory-monitor', 'check', '--config', 'mi')).to.deep.equal(['mine.toml']);
      expect(completed('memory-monitor', 'explain', String(process.pid))).to.deep.equal([
        String(process.pid),
      ]);
    });
  });

  itWith('zsh', 'as completions of zsh are what zsh takes', () => {
    const { status, stderr } = spawnSync('zsh', ['-f', '-n', written('_memory-monitor', completions().zsh)], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
  });

  itWith('fish', 'as completions of fish know the commands, and their options', () => {
    const script = written('fish', completions().fish);
    const completed = (line) =>
      execFileSync('fish', ['--no-config', '-c', `source ${script}; complete -C '${line}'`], {
        encoding: 'utf8',
      })
        .split('\n')
        .map((one) => one.split('\t')[0])
        .filter((word) => word !== '');
    expect(completed('memory-monitor expl')).to.deep.equal(['explain']);
    expect(completed('memory-monitor run --dr')).to.deep.equal(['--dry-run']);
    expect(completed('memory-monitor run --log-format ')).to.deep.equal(['json', 'text']);
    expect(completed('memory-monitor plugin n')).to.deep.equal(['new']);
  });
});
