// Checks the plugins that the documentation shows:
//
//   ```ts plugin NAME.ts   is compiled with all types, and set up in a test monitor
//   ```ts test NAME.test.ts   is compiled and run by mocha; it finds the page's plugins beside it
//   ```toml check          is a configuration that `memory-monitor check` takes, with the page's plugins in `plugins/`
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** In the repository, so that imports lead to its packages; its plugins have to be root's, for root. */
const DIRECTORY = '.docs-check';

const COMPILER_OPTIONS = {
  rootDir: '.',
  outDir: 'out',
  composite: false,
  declaration: false,
  declarationMap: false,
  incremental: false,
  types: ['node', 'mocha'],
};

/** Every problem of every snippet of these pages, as `{ file, line, message }`, and how many were checked. */
export async function checkSnippets(root, pages) {
  const directory = join(root, DIRECTORY);
  rmSync(directory, { recursive: true, force: true });
  const snippets = pages.flatMap(({ file, blocks }) => blocks.flatMap((block) => snippetOf(file, block)));
  if (snippets.length === 0) return { count: 0, problems: [] };
  for (const snippet of snippets) place(directory, snippet);
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }\n');
  writeFileSync(
    join(directory, 'tsconfig.json'),
    JSON.stringify({
      extends: '../tsconfig.base.json',
      compilerOptions: COMPILER_OPTIONS,
      include: ['**/*.ts'],
    }),
  );
  try {
    const problems = await compile(root, directory, snippets);
    if (problems.length > 0) return { count: snippets.length, problems };
    return {
      count: snippets.length,
      problems: [...(await test(root, directory)), ...(await checkAll(root, directory, snippets))],
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function snippetOf(file, { language, words, lines, line }) {
  const [kind, name] = words;
  const isCode = language === 'ts' && (kind === 'plugin' || kind === 'test');
  const isConfiguration = language === 'toml' && kind === 'check';
  if (!isCode && !isConfiguration) return [];
  return [{ page: basename(file, '.md'), file, line, kind, name, text: `${lines.join('\n')}\n` }];
}

function place(directory, { page, kind, name, text, line, file }) {
  const plugins = join(directory, page, 'plugins');
  mkdirSync(plugins, { recursive: true });
  if (kind === 'check') {
    writeFileSync(configPath(directory, { page, line }), `${text}\n[settings]\nstate_directory = ""\n`);
    return;
  }
  writeFileSync(join(plugins, name), text);
  if (kind === 'plugin') {
    const setUp = setUpTest(name.replace(/\.ts$/, '.js'), `${file}:${line}`);
    writeFileSync(join(plugins, name.replace(/\.ts$/, '.setup.test.ts')), setUp);
  }
}

/** A plugin that has to be configured is one all the same. */
function setUpTest(module, place) {
  return `import { MonitorError } from '@memory-monitor/core';
import { testPlugin } from '@memory-monitor/core/testing';
import plugin from './${module}';
it('${place} is set up', async () => {
  try {
    await testPlugin(plugin);
  } catch (error) {
    if (!(error instanceof MonitorError) || error.code !== 'MM_ERR_CONFIG_INVALID') throw error;
  }
});
`;
}

async function compile(root, directory, snippets) {
  try {
    await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', directory], {
      cwd: root,
    });
    return [];
  } catch ({ stdout }) {
    return stdout
      .split('\n')
      .filter((line) => line.includes('error TS'))
      .map((line) => {
        const [path, row, message] = /^(.*?)\((\d+),\d+\): (.*)$/.exec(line)?.slice(1) ?? ['', '0', line];
        const snippet = snippets.find(
          ({ page, name }) => path === join(DIRECTORY, page, 'plugins', name ?? ''),
        );
        return { file: snippet?.file ?? path, line: (snippet?.line ?? 0) + Number(row), message };
      });
  }
}

async function test(root, directory) {
  const mocha = join(root, 'node_modules/mocha/bin/mocha.js');
  try {
    await run(
      process.execPath,
      [mocha, '--no-config', '--reporter', 'dot', join(directory, 'out/**/*.test.js')],
      {
        cwd: root,
      },
    );
    return [];
  } catch ({ stdout, stderr }) {
    return [{ file: 'docs', line: 0, message: `tests of the documentation fail:\n${stdout}${stderr}` }];
  }
}

async function checkAll(root, directory, snippets) {
  const command = join(root, 'packages/cli/bin/memory-monitor.js');
  const problems = [];
  for (const snippet of snippets.filter(({ kind }) => kind === 'check')) {
    try {
      await run(process.execPath, [command, 'check', '--config', configPath(directory, snippet)], {
        cwd: root,
      });
    } catch ({ stdout, stderr }) {
      problems.push({ file: snippet.file, line: snippet.line, message: `${stdout}${stderr}`.trim() });
    }
  }
  return problems;
}

function configPath(directory, { page, line }) {
  return join(directory, page, `config-${line}.toml`);
}
