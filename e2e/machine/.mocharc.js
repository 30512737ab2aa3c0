export default {
  spec: ['e2e/dist/machine/*.test.js'],
  reporter: './scripts/mocha-reporter.mjs',
  forbidOnly: Boolean(process.env.CI),
};
