// Booting is quick, but other work on the same machine can make everything slow; the first root file system takes
// minutes (support/in-machine.ts gives it its own time).
export default {
  spec: ['e2e/dist/*.test.js'],
  reporter: './scripts/mocha-reporter.mjs',
  timeout: 240_000,
  forbidOnly: Boolean(process.env.CI),
};
