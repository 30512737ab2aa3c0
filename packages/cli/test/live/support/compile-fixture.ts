import ts from 'typescript';

/** A fixture as a JavaScript author would have written it, or a package would ship it. */
export function asJavaScript(source: string): string {
  const compilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    experimentalDecorators: true,
  };
  return ts.transpileModule(source, { compilerOptions }).outputText;
}
