import type { StandardSchemaV1 } from '@standard-schema/spec';

import { LATE, within } from '../deadline.js';
import { messageOf } from '../errors.js';
import { deepFreeze } from '../freeze.js';
import type { Clock } from '../ports.js';
import type { PluginDefinition } from './definition.js';
import { scrubValues } from './scrub-values.js';

const DEADLINE_MS = 5000;

/** What is wrong with a plugin's configuration. */
export interface ConfigIssue {
  /** From `[plugins.config]` to the value; empty for the table as a whole. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** A configuration as the plugin's schema gives it back, or what is wrong with it. */
export type CheckedConfig =
  { readonly config: unknown; readonly issues?: undefined } | { readonly issues: readonly ConfigIssue[] };

/** Checks a plugin's configuration with the plugin's own schema, whichever library that comes from. Never rejects. */
export async function checkConfig(
  { config: schema }: Pick<PluginDefinition, 'config'>,
  config: Readonly<Record<string, unknown>>,
  clock: Clock,
): Promise<CheckedConfig> {
  if (schema === undefined) {
    return { config: deepFreeze(config) };
  }
  try {
    const answer = schema['~standard'].validate(config);
    const result = await within((ms, abort) => clock.sleep(ms, abort), DEADLINE_MS, answer);
    if (result === LATE) {
      return broken(`its schema does not answer within ${DEADLINE_MS / 1000} s`);
    }
    return result.issues === undefined
      ? { config: result.value }
      : { issues: result.issues.map((issue) => told(issue, config)) };
  } catch (error) {
    return broken(`its schema failed: ${scrubValues(messageOf(error), config, [])}`);
  }
}

function told(issue: StandardSchemaV1.Issue, config: unknown): ConfigIssue {
  const path = pathOf(issue);
  return { path, message: keyMistake(issue) ?? scrubValues(issue.message, config, path) };
}

/** What is wrong with a key, in words: valibot's own speak of types, and are the same for both. */
function keyMistake(issue: StandardSchemaV1.Issue & Partial<Record<'type' | 'expected' | 'input', unknown>>) {
  const { type, expected, input } = issue;
  if (type !== 'strict_object' && type !== 'object' && type !== 'loose_object') {
    return undefined;
  }
  if (expected === 'never') {
    return 'the plugin has no key of that name; check its spelling';
  }
  return input === undefined && typeof expected === 'string' && expected.startsWith('"')
    ? 'it is missing'
    : undefined;
}

function broken(message: string): CheckedConfig {
  return { issues: [{ path: [], message }] };
}

/** Steps are keys, or objects that hold one. */
function pathOf({ path = [] }: StandardSchemaV1.Issue): (string | number)[] {
  return path.map((step) => {
    const key = typeof step === 'object' ? step.key : step;
    return typeof key === 'number' ? key : String(key);
  });
}
