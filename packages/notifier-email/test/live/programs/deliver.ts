// Delivers what is in a spool, as "memory-monitor mail deliver" does: deliver.js SPOOL
import { deliver } from '#src/sender/deliver.js';
import { SpoolLayout } from '#src/spool/layout.js';

console.log('begun');
await deliver({
  layout: new SpoolLayout(process.argv[2] ?? ''),
  tell: (line) => {
    console.log(line);
  },
  // Attempts that have failed are due again at once.
  now: () => Date.now() + Number(process.argv[3] ?? 0),
});
process.exit();
