import { TomlDate } from 'smol-toml';
import type { BaseIssue } from 'valibot';

import type { Remark } from './locate.js';
import type { TomlPath } from './merge.js';
import { KNOWN_KEYS, TABLES } from './schema.js';
import { nearestTo } from './suggest.js';

/** Turns an issue of the schema into sentences that say what to write instead. */
export function explainIssue(issue: BaseIssue<unknown>): Remark[] {
  const path = (issue.path ?? []).map((step) => step.key as string | number);
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    return explainUnknownKeys(path.slice(0, -1), issue.path?.at(-1)?.input);
  }
  if (issue.input === undefined) {
    return [{ path, isAboutKey: true, message: missingKey(path) }];
  }
  return [{ path, isAboutKey: false, message: wrongValue(path, issue) }];
}

/** valibot stops at the first unknown key of a table, and takes a list for one whose keys are its indices. */
function explainUnknownKeys(path: TomlPath, table: unknown): Remark[] {
  if (Array.isArray(table)) {
    const accepted = `a table, begun by [${dotted(path)}]`;
    return [
      { path, isAboutKey: false, message: `${dotted(path)} is ${inToml(table)}; accepted: ${accepted}.` },
    ];
  }
  const known = path.length === 0 ? KNOWN_KEYS : KNOWN_KEYS[String(path[0])];
  return Object.keys(table ?? {})
    .filter((name) => !Object.hasOwn(known ?? {}, name))
    .map((name) => ({ path: [...path, name], isAboutKey: true, message: unknownKey([...path, name]) }));
}

function unknownKey(path: TomlPath): string {
  const name = String(path.at(-1));
  const [table] = path;
  if (path.length === 1) {
    const home = Object.keys(TABLES).find((candidate) => Object.hasOwn(KNOWN_KEYS[candidate] ?? {}, name));
    const near = home === undefined ? nearestTo(name, Object.keys(KNOWN_KEYS)) : undefined;
    const advice =
      home !== undefined
        ? `it belongs below [${home}].`
        : near !== undefined
          ? `did you mean ${near === 'plugins' ? '[[plugins]]' : `[${near}]`}?`
          : `accepted: [${Object.keys(TABLES).join('], [')}] and [[plugins]].`;
    return `unknown table or key "${name}"; ${advice}`;
  }
  const siblings = Object.keys(KNOWN_KEYS[String(table)] ?? {});
  const near = nearestTo(name, siblings);
  const home = Object.keys(TABLES).find((candidate) => Object.hasOwn(KNOWN_KEYS[candidate] ?? {}, name));
  const advice =
    home !== undefined && home !== table
      ? `it belongs below [${home}].`
      : near !== undefined
        ? `did you mean ${near}?`
        : `accepted: ${siblings.join(', ')}.`;
  return `unknown key "${name}" in ${tableName(path)}; ${advice}`;
}

function missingKey(path: TomlPath): string {
  const name = String(path.at(-1));
  const example = KNOWN_KEYS[String(path[0])]?.[name]?.example ?? '…';
  return `"${name}" is missing in ${tableName(path)}; write ${name} = ${example}.`;
}

function wrongValue(path: TomlPath, issue: BaseIssue<unknown>): string {
  const name = dotted(path);
  const spec = KNOWN_KEYS[String(path[0])]?.[String(path[0] === 'plugins' ? path[2] : path[1])];
  const keyName = path[0] === 'plugins' ? String(path[2]) : String(path[1]);
  const isWholeValue = path.length === (path[0] === 'plugins' ? 3 : 2);
  const found = `${name} is ${inToml(issue.input)}; accepted: ${issue.message}.`;
  if (spec === undefined || !isWholeValue) {
    return found;
  }
  return `${found} Write ${keyName} = ${correction(issue, spec.example)}.`;
}

/** What was probably meant: a number or a flag in quotes, or a misspelt word; otherwise the example. */
function correction(issue: BaseIssue<unknown>, example: string): string {
  const { input } = issue;
  if (typeof input === 'string') {
    const isNumber = input.trim() !== '' && Number.isFinite(Number(input)) && /^[\d.-]+$/.test(example);
    if (isNumber && Number(input) >= 0) {
      return input.trim();
    }
    const isFlag = example === 'true' || example === 'false';
    if (isFlag && /^(true|yes|on|1)$/i.test(input)) {
      return 'true';
    }
    if (isFlag && /^(false|no|off|0)$/i.test(input)) {
      return 'false';
    }
    const words = [...issue.message.matchAll(/"([a-z]+)"/g)].map(([, word]) => word ?? '');
    const near = issue.type === 'picklist' ? nearestTo(input, words) : undefined;
    return near === undefined ? example : `"${near}"`;
  }
  if (example.startsWith('[') && typeof input === 'number') {
    return `[${input}]`;
  }
  return example;
}

function tableName(path: TomlPath): string {
  return path[0] === 'plugins' ? '[[plugins]]' : `[${dotted(path.slice(0, -1))}]`;
}

function dotted(path: TomlPath): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : step))
    .join('.')
    .replaceAll('.[', '[');
}

const LONGEST_FOUND = 60;

/** A value as it would stand in the file, cut to a readable length; JSON escapes what could forge a line. */
function inToml(value: unknown): string {
  const text =
    value instanceof TomlDate
      ? value.toISOString()
      : typeof value === 'number'
        ? String(value).replace('Infinity', 'inf').replace('NaN', 'nan')
        : ((JSON.stringify(value) as string | undefined) ?? typeof value);
  return text.length > LONGEST_FOUND ? `${text.slice(0, LONGEST_FOUND)}…` : text;
}
