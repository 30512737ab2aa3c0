// Stops a violator (SIGSTOP) instead of ending it, so that its owner can look at it, and let it go on with kill -CONT. Its memory
// stays taken: this buys time, not memory.
import { definePlugin, SIGNALLER, TERMINATOR } from '@memory-monitor/core';

export default definePlugin({
  name: 'freeze-instead-of-kill',
  apiVersion: 1,
  setup(host) {
    host.provide(TERMINATOR, () => ({
      async terminate(request) {
        // Signals sent through a hold are checked as the monitor's own are: identity, guards, and usage.
        const hold = host.get(SIGNALLER).hold(request);
        const attempt = await hold?.signal('SIGSTOP');
        hold?.close();
        if (attempt?.isSent !== true) {
          return attempt?.ending ?? { outcome: 'vanished', signal: undefined, reason: 'it is gone' };
        }
        const reason = `frozen; kill -CONT ${request.violation.process.pid} lets it go on`;
        return { outcome: 'spared', signal: 'SIGSTOP', reason, isFinal: true };
      },
    }));
  },
});
