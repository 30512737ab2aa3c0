import type { EventName } from './events.js';

/** What of a plugin can fail. */
export type HookName =
  | `on:${EventName}`
  | 'overrideInterval'
  | 'scanEarly'
  | 'overrideLimits'
  | 'detect'
  | 'decide'
  | `provide:${string}`
  | 'onStart'
  | 'onDispose'
  /** What the plugin does by itself: timers, sockets, promises that nobody waits for. */
  | 'background'
  /** The child process of an isolated plugin. */
  | 'isolation'
  | 'isolation:disabled'
  /** It has ended the monitor again and again, so that this one runs without it. */
  | 'left-out'
  /** What the plugin needs and the sandbox does not give. */
  | 'needs';

/** Called when a hook of a plugin throws, rejects, is late, or answers garbage. Never throws. */
export type HookFailure = (plugin: string, hook: HookName, error: unknown) => void;
