// Tells a chat what was ended, by an incoming webhook as Slack, Mattermost and others have it. It posts one message a minute at
// most; what comes in between is counted into the next one.
//
//   [[plugins]]
//   use = "plugins/webhook.ts"
//   [plugins.config]
//   url = "https://hooks.example.com/services/T0/B0/SECRET"
//   channel = "#ops"
//   violations = true
//
// Whoever has the URL can post: it stands in no log line, and only root should be able to read the configuration.
import { definePlugin, inGb, type Violation } from '@memory-monitor/core';
import { hostname } from 'node:os';
import * as v from 'valibot';

const PAUSE_MS = 60_000;
const TIMEOUT_MS = 5000;
/** Less than the 5 s after which the process of an isolated plugin is ended. */
const LAST_WORDS_MS = 4000;

export default definePlugin({
  name: 'webhook',
  apiVersion: 1,
  needs: ['network'],
  config: v.strictObject({
    // The schema's own message would quote the URL.
    url: v.pipe(v.string(), v.url('it has to be a URL')),
    channel: v.optional(v.string()),
    violations: v.optional(v.boolean(), false),
  }),
  setup(host) {
    const { url, channel, violations } = host.config;
    let next: string | undefined;
    let more = 0;
    let isPosting = false;
    let underWay = Promise.resolve();

    const post = async (): Promise<void> => {
      if (next === undefined) {
        return;
      }
      const text = escaped(`${hostname()}: ${next}${more === 0 ? '' : `, and ${more} more`}`);
      const counted = more + 1;
      next = undefined;
      more = 0;
      const abort = AbortSignal.any([host.signal, AbortSignal.timeout(TIMEOUT_MS)]);
      const trouble = await send(url, { channel, text }, abort);
      if (trouble !== undefined) {
        more += counted;
        host.logger.warn({ trouble }, `the webhook did not take a message: ${trouble}`);
      }
    };
    const postAll = async (): Promise<void> => {
      isPosting = true;
      while (next !== undefined && !host.signal.aborted) {
        underWay = post();
        await Promise.all([underWay, host.clock.sleep(PAUSE_MS, host.signal)]);
      }
      isPosting = false;
    };
    const tell = (line: string): void => {
      more += next === undefined ? 0 : 1;
      next ??= line;
      if (!isPosting) {
        void postAll();
      }
    };

    host.on('kill', ({ violation, outcome, reason }) => {
      tell(`${outcome}: ${described(violation)} (${reason})`);
    });
    if (violations) {
      host.on('violation', ({ phase, violation }) => {
        if (phase === 'began') {
          tell(`over the limit: ${described(violation)}`);
        }
      });
    }
    host.onDispose(
      async () => {
        await underWay;
        await post();
      },
      { deadlineMs: LAST_WORDS_MS },
    );
  },
});

function described({ process: { name, pid, user }, usedBytes, limitBytes }: Violation): string {
  return `${name} of ${user}, PID ${pid}, ${inGb(usedBytes)} of ${inGb(limitBytes)}`;
}

/** Names are chosen by users: without this, one could be a link, or call everybody in the channel. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Never rejects: answers with what went wrong. */
async function send(url: string, message: object, signal: AbortSignal): Promise<string | undefined> {
  try {
    const { ok, status, body } = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
      redirect: 'manual',
      signal,
    });
    await body?.cancel();
    return ok ? undefined : `it answered ${status}`;
  } catch (error) {
    // A code or a name: messages may quote the URL.
    const { name, cause } = error as Error & { readonly cause?: { readonly code?: string } };
    return cause?.code ?? name;
  }
}
