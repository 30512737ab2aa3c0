import * as v from 'valibot';

import { ERROR_CODES, type ErrorCode } from '../../errors.js';
import { EVENT_NAMES } from '../../events.js';
import type { HookName } from '../../hook-failure.js';
import { printable } from '../../log/printable.js';
import { NEEDS, PLUGIN_NAME, PLUGIN_VERSION } from '../definition.js';
import { MOST_OF_A_KIND, type FromChild } from './protocol.js';

const ASKED = ['decide', 'detect', 'overrideInterval'] as const;
const HOOKS: readonly HookName[] = [
  ...ASKED,
  ...EVENT_NAMES.map((event) => `on:${event}` as const),
  'onStart',
  'onDispose',
  'background',
];

/** It may reach a log or a terminal. */
const line = v.pipe(v.string(), v.transform(printable));
const lines = v.pipe(
  v.string(),
  v.transform((text) => text.split('\n').map(printable).join('\n')),
);
const failure = v.object({ message: line, stack: v.optional(lines) });
const hook = v.picklist(HOOKS);
const number = v.pipe(v.number(), v.integer());

/** A process that runs wild, or that somebody has taken over, may send anything. */
const fromChild = v.variant('type', [
  v.object({ type: v.literal('taken'), sequence: number }),
  v.object({
    type: v.literal('loaded'),
    description: v.object({
      name: v.pipe(v.string(), v.regex(PLUGIN_NAME)),
      version: v.optional(v.pipe(v.string(), v.regex(PLUGIN_VERSION))),
      needs: v.array(v.picklist(NEEDS)),
    }),
  }),
  v.object({
    type: v.literal('misconfigured'),
    issues: v.array(v.object({ path: v.array(v.union([line, v.number()])), message: line })),
  }),
  v.object({
    type: v.literal('refused'),
    code: v.picklist(Object.keys(ERROR_CODES) as ErrorCode[]),
    message: line,
  }),
  v.object({
    type: v.literal('ready'),
    hooks: v.object({
      events: v.pipe(v.array(v.picklist(EVENT_NAMES)), v.maxLength(EVENT_NAMES.length)),
      asked: v.pipe(
        v.array(v.object({ hook: v.picklist(ASKED), deadlineMs: v.optional(v.number()) })),
        v.maxLength(ASKED.length * MOST_OF_A_KIND),
      ),
    }),
  }),
  v.object({ type: v.literal('answer'), id: number, answer: v.optional(v.unknown()) }),
  v.object({ type: v.literal('failed'), id: v.optional(number), hook, failure }),
  v.object({
    type: v.literal('log'),
    level: v.picklist(['debug', 'info', 'warn', 'error']),
    fields: v.record(v.string(), v.unknown()),
    message: line,
  }),
  v.object({ type: v.literal('disposed') }),
]);

/**
 * Undefined for what is no message of the protocol.
 * @internal
 */
export function parseFromChild(value: unknown): FromChild | undefined {
  const result = v.safeParse(fromChild, value);
  return result.success ? (result.output as FromChild) : undefined;
}
