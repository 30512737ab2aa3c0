import { MonitorError, type ErrorCode } from '../errors.js';

/** A plugin that can't be had, by its place among the `[[plugins]]`. */
export class PluginError extends MonitorError {
  /** Counted from 0, drop-ins included. */
  readonly index: number;

  constructor(code: ErrorCode, message: string, index: number, cause: unknown) {
    super(code, message, { cause });
    this.index = index;
  }
}
