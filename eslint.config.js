import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import prettier from 'eslint-config-prettier';
import globals from 'globals';
import tseslint from 'typescript-eslint';

const noDefaultExport = {
  selector: 'ExportDefaultDeclaration',
  message: 'Export by name. Only configuration files and plugins have a default export.',
};
const noExportAll = {
  selector: 'ExportAllDeclaration',
  message: 'Name what is exported: the public surface is chosen.',
};

const effects = [
  'child_process',
  'dgram',
  'dns',
  'fs',
  'fs/promises',
  'http',
  'http2',
  'https',
  'net',
  'tls',
];

export default defineConfig(
  globalIgnores([
    '**/dist/',
    '**/dist-test/',
    '**/bundle/',
    'coverage/',
    '.docs-check/',
    'docs/api/',
    'packages/cli/plugin-template/',
  ]),
  js.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: { globals: globals.node },
  },
  {
    files: ['scripts/test/**'],
    languageOptions: { globals: globals.mocha },
  },
  {
    files: ['**/*.{ts,mts}'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/parameter-properties': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      'no-restricted-syntax': ['error', noDefaultExport, noExportAll],
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['packages/core/src/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            ...effects.flatMap((name) =>
              [name, `node:${name}`].map((path) => ({
                name: path,
                message: 'Core is pure: it reaches the world through a port (ports.ts).',
              })),
            ),
            ...['process', 'node:process'].map((path) => ({
              name: path,
              importNames: ['kill'],
              message: 'Core ends no process: that is what the Terminator port is for.',
            })),
          ],
        },
      ],
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'kill',
          message: 'Core ends no process: that is what the Terminator port is for.',
        },
      ],
    },
  },
  {
    files: ['packages/*/test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/require-await': 'off',
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^\\.{1,2}/.*\\bsrc/',
              message:
                "Tests run from dist-test/: import '#src/…' instead, which is src/ here and dist/ there.",
            },
          ],
        },
      ],
    },
  },
  {
    // A plugin is a module's default export.
    files: [
      'examples/**/*.ts',
      'packages/*/test/**/fixtures/**/*.ts',
      'packages/{policy,notifier,exporter}-*/src/index.ts',
    ],
    rules: { 'no-restricted-syntax': ['error', noExportAll] },
  },
  prettier,
);
