// Checks what the documentation claims: links lead somewhere, TOML parses, and commands print what is shown.
//
//   ```toml          is parsed
//   ```bash run      is run in the repository root with `bash -euo pipefail`, and has to succeed
//   ```text output   right after it is what that printed; "…" stands for anything within a line, and a
//                    line that is only "…" for any number of lines
//
// Plugins that are shown are compiled, set up and tested: check-snippets.mjs. Every other block is only shown.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { delimiter, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'smol-toml';

import { checkSnippets } from './check-snippets.mjs';

const RUN_TIMEOUT_MS = 120_000;
const ANYTHING = '…';

/** Every problem of every page below `root`, as `{ file, line, message }`, and how much was checked. */
export async function checkDocs(root, { timeoutMs = RUN_TIMEOUT_MS } = {}) {
  const checked = { pages: 0, links: 0, toml: 0, commands: 0 };
  const problems = [];
  for (const file of pages(root)) {
    checked.pages += 1;
    const page = readPage(join(root, file));
    const report = (line, message) => problems.push({ file, line, message });
    for (const link of page.links) {
      checked.links += 1;
      const message = checkLink(root, file, link.target);
      if (message) report(link.line, message);
    }
    for (const [index, block] of page.blocks.entries()) {
      if (block.language === 'toml') {
        checked.toml += 1;
        const problem = checkToml(block);
        if (problem) report(problem.line, problem.message);
      }
      if (block.language === 'bash' && block.words.includes('run')) {
        checked.commands += 1;
        const next = page.blocks[index + 1];
        const problem = await checkCommand(
          root,
          block,
          isOutputOf(block, next) ? next : undefined,
          timeoutMs,
        );
        if (problem) report(problem.line, problem.message);
      }
    }
  }
  return { checked, problems };
}

function pages(root) {
  const docs = existsSync(join(root, 'docs')) ? readdirSync(join(root, 'docs'), { recursive: true }) : [];
  return [
    ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].filter((file) => existsSync(join(root, file))),
    ...docs
      .filter((file) => file.endsWith('.md'))
      .sort()
      .map((file) => join('docs', file)),
  ];
}

/** A page's fenced blocks, links and anchors; what stands in code is neither link nor heading. */
export function readPage(path) {
  const page = { blocks: [], links: [], anchors: new Set() };
  const slugs = new Map();
  let fence;
  let gap = '';
  for (const [index, line] of readFileSync(path, 'utf8').split('\n').entries()) {
    const mark = /^(\s*)(`{3,}|~{3,})\s*(.*)$/.exec(line);
    if (fence) {
      if (mark && mark[3] === '' && mark[2].startsWith(fence.mark)) {
        page.blocks.push(fence.block);
        fence = undefined;
        gap = '';
      } else {
        fence.block.lines.push(
          line.startsWith(fence.indent) ? line.slice(fence.indent.length) : line.trimStart(),
        );
      }
    } else if (mark) {
      const [language, ...words] = mark[3].split(/\s+/);
      const block = { language, words, lines: [], line: index + 1, followsDirectly: gap === '' };
      fence = { indent: mark[1], mark: mark[2], block };
    } else {
      gap += line.trim();
      const prose = line.replace(/(`+)(?!`).*?[^`]\1(?!`)/g, '');
      for (const target of linkTargets(prose)) page.links.push({ target, line: index + 1 });
      for (const [, anchor] of line.matchAll(/<a\s+(?:id|name)="([^"]+)"/g)) page.anchors.add(anchor);
      const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(line);
      if (heading) page.anchors.add(uniqueSlug(slugs, heading[1]));
    }
  }
  if (fence) page.blocks.push(fence.block);
  return page;
}

function linkTargets(prose) {
  const inline = /\]\(\s*<?([^\s)>]+)>?(?:\s+["'][^)]*)?\)/g;
  const reference = /^\s*\[[^\]]+\]:\s+<?([^\s>]+)>?/g;
  const html = /<(?:a|img)\s[^>]*?(?:href|src)="([^"]+)"/g;
  return [inline, reference, html].flatMap((pattern) =>
    [...prose.matchAll(pattern)].map((found) => found[1]),
  );
}

/** The anchor that GitHub gives a heading. */
function uniqueSlug(slugs, heading) {
  const text = heading.replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/<[^>]+>/g, '');
  const slug = text
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');
  const count = slugs.get(slug) ?? 0;
  slugs.set(slug, count + 1);
  return count === 0 ? slug : `${slug}-${count}`;
}

function checkLink(root, file, target) {
  if (/^[a-z][a-z0-9+.-]*:|^\/\//i.test(target)) return undefined;
  const [path, anchor] = target.split('#', 2).map(decodeURIComponent);
  const destination = path === '' ? join(root, file) : resolve(root, dirname(file), path.split('?', 1)[0]);
  if (relative(root, destination).startsWith('..')) return `${target} leads out of the repository`;
  if (!existsSync(destination)) return `${target} does not exist`;
  if (!anchor || !destination.endsWith('.md') || statSync(destination).isDirectory()) return undefined;
  return readPage(destination).anchors.has(anchor) ? undefined : `${target}: there is no heading #${anchor}`;
}

function checkToml(block) {
  try {
    parse(block.lines.join('\n'));
    return undefined;
  } catch (error) {
    const message = error.message.split('\n', 1)[0];
    return { line: block.line + (error.line ?? 0), message };
  }
}

function isOutputOf(block, next) {
  return next?.language === 'text' && next.words.includes('output') && next.followsDirectly;
}

async function checkCommand(root, block, output, timeoutMs) {
  const { printed, status, timedOut } = await run(root, block.lines.join('\n'), timeoutMs);
  const shown =
    printed.trimEnd() === '' ? 'It printed nothing.' : `It printed:\n${indent(printed.trimEnd())}`;
  if (timedOut) return { line: block.line, message: `still running after ${timeoutMs / 1000} s. ${shown}` };
  if (status !== 0) return { line: block.line, message: `ended with status ${status}. ${shown}` };
  const difference = output && firstDifference(output.lines, trimmedLines(printed));
  if (!difference) return undefined;
  const { index, expected, actual } = difference;
  return { line: output.line + 1 + index, message: `expected: ${expected}\nprinted:  ${actual}\n${shown}` };
}

function run(root, script, timeoutMs) {
  const env = {
    ...process.env,
    PATH: join(root, 'node_modules/.bin') + delimiter + process.env.PATH,
    NO_COLOR: '1',
  };
  delete env.FORCE_COLOR;
  // Detached makes a process group, so that a timeout ends what the script has started as well.
  const child = spawn('bash', ['-euo', 'pipefail', '-c', `exec 2>&1; ${script}`], {
    cwd: root,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return new Promise((settle, reject) => {
    let printed = '';
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      process.kill(-child.pid, 'SIGKILL');
    }, timeoutMs);
    child.stdout.setEncoding('utf8').on('data', (chunk) => (printed += chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      settle({ printed, status: code ?? signal, timedOut });
    });
  });
}

/** Where the printed lines stop matching the expected ones, or undefined. */
export function firstDifference(expectedLines, printedLines) {
  const expected = trimmedLines(expectedLines.join('\n'));
  let furthest = { index: -1, expected: '', actual: '' };
  const tried = new Set();
  const matches = (e, p) => {
    const key = `${e}:${p}`;
    if (tried.has(key)) return false;
    tried.add(key);
    if (e > furthest.index) {
      furthest = { index: e, expected: expected[e] ?? '(the end)', actual: printedLines[p] ?? '(the end)' };
    }
    if (e === expected.length) return p === printedLines.length;
    if (expected[e].trim() === ANYTHING)
      return matches(e + 1, p) || (p < printedLines.length && matches(e, p + 1));
    return p < printedLines.length && lineMatches(expected[e], printedLines[p]) && matches(e + 1, p + 1);
  };
  return matches(0, 0) ? undefined : furthest;
}

function lineMatches(expected, printed) {
  const pattern = expected
    .split(ANYTHING)
    .map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${pattern}$`, 'u').test(printed);
}

function trimmedLines(text) {
  const lines = text.trimEnd().split('\n');
  return lines.length === 1 && lines[0] === '' ? [] : lines.map((line) => line.trimEnd());
}

function indent(text) {
  return text.replace(/^/gm, '    ');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
  const { checked, problems } = await checkDocs(root);
  const snippets = await checkSnippets(
    root,
    pages(root).map((file) => ({ file, blocks: readPage(join(root, file)).blocks })),
  );
  problems.push(...snippets.problems);
  for (const { file, line, message } of problems) console.error(`${file}:${line}: ${message}`);
  console.log(
    `${checked.pages} pages: ${checked.links} links, ${checked.toml} TOML blocks, ${checked.commands} commands, ${snippets.count} snippets of plugins; ` +
      `${problems.length} problems.`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
}
