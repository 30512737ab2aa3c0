// The live tests of the command, on the bundle that gets installed (npm run test:bundle).
import base from '../.mocharc.js';

export default { ...base, spec: ['packages/cli/dist-test/live/**/*.test.js'], ignore: [] };
