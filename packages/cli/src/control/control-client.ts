import { request } from 'node:http';

import { ERROR_CODES, messageOf, MonitorError, type ErrorCode } from '@memory-monitor/core';

const TIMEOUT_MS = 15_000;
const LARGEST_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * Asks the running monitor. Rejects with MM_ERR_NOT_RUNNING where none answers, with MM_ERR_PERMISSION where only root may ask,
 * and with the monitor's own error.
 */
export async function askMonitor(socketPath: string, path: string): Promise<unknown> {
  if (socketPath === '') {
    throw notRunning('it has no control socket');
  }
  let answer: string;
  try {
    answer = await get(socketPath, path);
  } catch (error) {
    throw explained(socketPath, error);
  }
  const parsed = parse(answer);
  const { error } = (parsed ?? {}) as {
    readonly error?: { readonly code?: string; readonly message?: string };
  };
  if (error !== undefined) {
    const { code = '', message = 'it failed' } = error;
    throw new MonitorError(isErrorCode(code) ? code : 'MM_ERR_INTERNAL', message);
  }
  return parsed;
}

async function get(socketPath: string, path: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, timeout: TIMEOUT_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > LARGEST_ANSWER_BYTES) {
          asked.destroy(new Error('its answer is too long'));
        }
      });
      response.on('end', () => {
        resolve(text);
      });
      response.on('error', reject);
    });
    asked.on('timeout', () => {
      asked.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`));
    });
    asked.on('error', reject);
    asked.end();
  });
}

function explained(socketPath: string, error: unknown): MonitorError {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EPERM') {
    return new MonitorError(
      'MM_ERR_PERMISSION',
      `Only root may ask the monitor at ${socketPath}; run this with sudo.`,
      { cause: error },
    );
  }
  const why = code === 'ENOENT' || code === 'ECONNREFUSED' ? 'nobody listens' : messageOf(error);
  return notRunning(`${socketPath}: ${why}`, error);
}

function notRunning(why: string, cause?: unknown): MonitorError {
  return new MonitorError(
    'MM_ERR_NOT_RUNNING',
    `No monitor answers (${why}); start it with "systemctl start memory-monitor", or name its socket with --socket.`,
    { cause },
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new MonitorError('MM_ERR_INTERNAL', 'The monitor answered something else than JSON.', {
      cause: error,
    });
  }
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}
